"""Writes data/windows-dlls.txt: the libraries that every Windows has, for each processor.

    pip install delvewheel==1.13.2
    python scripts/windows_dlls.py > data/windows-dlls.txt
"""

from importlib.metadata import version

from delvewheel import _dll_list as lists

print("# The libraries of Windows 7 (32-bit x86), Windows 7 (64-bit x86) and Windows 10 (ARM).")
print("# A row: the processors (i: x86, x: x86-64, a: ARM64), then names without `.dll`.")
print(f"# Origin: the names that delvewheel {version('delvewheel')} (MIT) takes for Windows' own.")
print("# Written by scripts/windows_dlls.py.")
machines = {"i": lists.MachineType.I386, "x": lists.MachineType.AMD64, "a": lists.MachineType.ARM64}
groups: dict[str, list[str]] = {}
for name in sorted(set().union(*lists.ignore_names.values())):
    letters = "".join(letter for letter, machine in machines.items() if name in lists.ignore_names[machine])
    groups.setdefault(letters, []).append(name.removesuffix(".dll"))
for letters, names in sorted(groups.items()):
    line = letters
    for name in names:
        if len(line) + 1 + len(name) > 118:
            print(line)
            line = letters
        line += " " + name
    print(line)
