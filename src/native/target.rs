//! What a program runs on, as the first bytes of its file say: enough to name it, without reading the rest.
//!
//! Sources: the ELF and PE/COFF specifications, and `mach-o/fat.h`.

use super::Format;

/// So many first bytes tell of any file what it runs on.
pub const HEAD_BYTES: u64 = 4096;

/// The system and the processor that a program is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// `linux`, `macos`, `windows`, …
    pub os: &'static str,
    /// `x86_64`, `aarch64`, …; `universal` for a program with code for several processors.
    pub arch: &'static str,
}

impl Target {
    /// Reads it from the beginning of a file; `None` for what is no program, or one for something that has no name here.
    pub fn of(head: &[u8]) -> Option<Self> {
        match Format::of(head)? {
            Format::Elf => elf(head),
            Format::MachO => Some(Self { os: "macos", arch: macho(head)? }),
            Format::Pe => Some(Self { os: "windows", arch: pe(head)? }),
        }
    }
}

/// Two bytes as a number, in either order.
fn short(head: &[u8], at: usize, is_big_endian: bool) -> Option<u16> {
    let bytes = [*head.get(at)?, *head.get(at + 1)?];
    Some(if is_big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
}

fn long(head: &[u8], at: usize, is_big_endian: bool) -> Option<u32> {
    let bytes = head.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

fn elf(head: &[u8]) -> Option<Target> {
    let (is_64, is_big_endian) = (*head.get(4)? == 2, *head.get(5)? == 2);
    // The ABI's number; what Linux's tools write is 0 unless a file needs something of GNU's own.
    let os = match head.get(7)? {
        0 | 3 => "linux",
        2 => "netbsd",
        6 => "solaris",
        9 => "freebsd",
        12 => "openbsd",
        _ => return None,
    };
    let arch = match (short(head, 18, is_big_endian)?, is_64, is_big_endian) {
        (3, false, false) => "i686",
        (62, true, false) => "x86_64",
        (40, false, false) => "arm",
        (183, true, false) => "aarch64",
        (243, true, false) => "riscv64",
        (21, true, false) => "ppc64le",
        (21, true, true) => "ppc64",
        (22, true, true) => "s390x",
        (258, true, false) => "loongarch64",
        _ => return None,
    };
    Some(Target { os, arch })
}

fn macho(head: &[u8]) -> Option<&'static str> {
    let is_fat = |magic| matches!(magic, 0xcafe_babe | 0xcafe_babf_u32);
    let magic = long(head, 0, true)?;
    if is_fat(magic) {
        // Each row begins with the processor; rows of the wider form are longer.
        let (count, row) = (long(head, 4, true)?, if magic == 0xcafe_babe { 20 } else { 32 });
        return match count {
            0 => None,
            1 => processor(long(head, 8, true)?),
            2..45 => (0..count as usize)
                .map(|index| processor(long(head, 8 + index * row, true)?))
                .collect::<Option<Vec<_>>>()
                .map(|_| "universal"),
            _ => None,
        };
    }
    processor(long(head, 4, matches!(magic, 0xfeed_face | 0xfeed_facf))?)
}

const fn processor(number: u32) -> Option<&'static str> {
    match number {
        7 => Some("i686"),
        0x0100_0007 => Some("x86_64"),
        0x0100_000c => Some("aarch64"),
        _ => None,
    }
}

fn pe(head: &[u8]) -> Option<&'static str> {
    let at = usize::try_from(long(head, 60, false)?).ok()?;
    (head.get(at..at.checked_add(4)?)? == b"PE\0\0").then_some(())?;
    match short(head, at + 4, false)? {
        0x014c => Some("i686"),
        0x8664 => Some("x86_64"),
        0xaa64 | 0xa641 | 0xa64e => Some("aarch64"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(head: &[u8]) -> Option<(&'static str, &'static str)> {
        Target::of(head).map(|Target { os, arch }| (os, arch))
    }

    fn elf(abi: u8, class: u8, order: u8, machine: [u8; 2]) -> Vec<u8> {
        let mut head = vec![0; 64];
        head[..8].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, order, 1, abi]);
        head[18..20].copy_from_slice(&machine);
        head
    }

    fn pe(at: u32, machine: u16) -> Vec<u8> {
        let mut head = vec![0; 512];
        head[..2].copy_from_slice(b"MZ");
        head[60..64].copy_from_slice(&at.to_le_bytes());
        if let Some(place) = usize::try_from(at).ok().and_then(|at| head.get_mut(at..at + 6)) {
            place[..4].copy_from_slice(b"PE\0\0");
            place[4..].copy_from_slice(&machine.to_le_bytes());
        }
        head
    }

    fn fat(processors: &[u32]) -> Vec<u8> {
        let mut head = 0xcafe_babe_u32.to_be_bytes().to_vec();
        head.extend((processors.len() as u32).to_be_bytes());
        for processor in processors {
            head.extend(processor.to_be_bytes());
            head.extend([0; 16]);
        }
        head
    }

    #[test]
    fn programs_say_what_they_run_on() {
        assert_eq!(told(&elf(0, 2, 1, [62, 0])), Some(("linux", "x86_64")));
        assert_eq!(told(&elf(3, 2, 1, [183, 0])), Some(("linux", "aarch64")));
        assert_eq!(told(&elf(0, 2, 2, [0, 22])), Some(("linux", "s390x")));
        assert_eq!(told(&elf(9, 2, 1, [62, 0])), Some(("freebsd", "x86_64")));
        assert_eq!(told(&pe(0x80, 0x8664)), Some(("windows", "x86_64")));
        assert_eq!(told(&pe(0xf8, 0xaa64)), Some(("windows", "aarch64")));
        let mut thin = 0xcffa_edfe_u32.to_be_bytes().to_vec();
        thin.extend(0x0100_000c_u32.to_le_bytes());
        thin.resize(64, 0);
        assert_eq!(told(&thin), Some(("macos", "aarch64")));
        assert_eq!(told(&fat(&[0x0100_0007, 0x0100_000c])), Some(("macos", "universal")));
        assert_eq!(told(&fat(&[0x0100_0007])), Some(("macos", "x86_64")));
    }

    #[test]
    fn what_is_no_program_says_nothing() {
        for head in [
            &b"#!/bin/sh\nexit 0\n"[..],
            b"",
            b"\x7fELF",
            &elf(0, 1, 1, [62, 0]),
            &elf(77, 2, 1, [62, 0]),
            &pe(0xffff_fff0, 0x8664),
            &pe(509, 0x8664),
            &fat(&[]),
            &fat(&[0x0100_0007, 99]),
            b"\xca\xfe\xba\xbe\0\0\0\x37class of Java",
        ] {
            assert_eq!(told(head), None, "{head:?}");
        }
        let whole = pe(0x80, 0x8664);
        for length in 0..whole.len() {
            let _ = told(&whole[..length]);
        }
    }
}
