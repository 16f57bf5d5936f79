"""What abi3audit says of wheels: a JSON object of file name → what is not stable, and what is newer than the tag."""

import json
import sys
from pathlib import Path

from abi3audit._audit import audit
from abi3audit._extract import WheelExtractor, WheelSpec

judged = {}
for wheel in sys.argv[1:]:
    foreign, newer = set(), {}
    for shared_object in WheelExtractor(WheelSpec(wheel)):
        result = audit(shared_object)
        foreign |= {symbol.name for symbol in result.non_abi3_symbols}
        newer |= {entry.symbol.name: entry.added.minor for entry in result.future_abi3_objects}
    judged[Path(wheel).name] = {"foreign": sorted(foreign), "newer": newer}
json.dump(judged, sys.stdout, indent=1)
