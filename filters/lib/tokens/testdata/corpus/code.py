from __future__ import annotations
import asyncio, re

class Harbour:
    """Where ships sleep."""
    __slots__ = ("name", "_berths")

    def __init__(self, name: str, berths: int = 12) -> None:
        self.name, self._berths = name, [None] * berths

    @property
    def free(self) -> int:
        return sum(b is None for b in self._berths)

async def main(argv=None):
    h = Harbour("Kiel"); print(f"{h.name!r:>10}: {h.free:,} free", end="\n\n")
    if (m := re.match(r"^(?P<n>\d+)\s*[a-z]+$", "42 ships")) and not None:
        await asyncio.sleep(float(m["n"]) / 1e3)

if __name__ == "__main__":
    asyncio.run(main())
