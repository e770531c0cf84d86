#!/usr/bin/env python3
"""Turns the Swift examples of the documentation into sources that can be compiled.

usage: doc-examples.py <project> <output folder>

Looks at each ```swift block of the project's Markdown files and documentation comments. The blocks themselves are the
source: compiler errors name the line of the documentation. A comment right before a block says what the block is given:

    <!-- example: given socket, room: Room -->  values that exist already; those of GIVEN need no type; whoever is given
                                                a socket is a handler: a closure, in which Swift infers less
    <!-- example: continues -->                 goes on where the block before ends, and sees what it has declared
    <!-- example: shared -->                    declarations that the later blocks of the same file use
    <!-- example: program -->                   a main.swift of its own, with its own imports
    <!-- example: manifest -->                  a Package.swift

A block without a comment is given nothing. There is no way to leave a block out.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

IMPORTS = ["EngineIO", "Foundation", "HTTPTypes", "Logging", "NIOCore", "ServiceLifecycle", "SocketIO"]
GIVEN = {
    "arguments": "Arguments",
    "chat": "Namespace",
    "configuration": "inout SocketIOConfiguration",
    "engineConfiguration": "inout EngineIOConfiguration",
    "event": "AnyEvent",
    "logger": "Logger",
    "namespace": "Namespace",
    "server": "SocketIOServer",
    "session": "Session",
    "socket": "Socket",
    "value": "Value",
}
SOCKET = f"socket: {GIVEN['socket']}"
SKIPPED = re.compile(r"\.|node_modules$")
# Their examples need modules that are not among those the check compiles with; `ArticleTests` has those of the article.
ELSEWHERE = ("Sources/SocketIOTesting", "Sources/SocketIOSettings")
DIRECTIVE = re.compile(r"^<!--\s*example:\s*(.*?)\s*-->$")
MODIFIERS = r"(?:(?:final|indirect|@\w+)\s+)*"
DECLARATION = re.compile(rf"^{MODIFIERS}(?:let|var|func|struct|enum|class|actor|protocol|typealias)\b")
VARIABLE = re.compile(r"^(?:let|var)\s+(\w+)\b")


class Fault(Exception):
    """A block that cannot be turned into a source."""


@dataclass
class Block:
    """One example."""

    file: str
    line: int  # of the first line of code
    lines: list[str]
    kind: str = "plain"
    given: list[str] = field(default_factory=list)

    def located(self, lines: list[str]) -> list[str]:
        """The lines, for which the compiler is told where they come from."""
        return [f'#sourceLocation(file: "{self.file}", line: {self.line})', *lines, "#sourceLocation()"]


def parameter(text: str, where: str) -> str:
    """The parameter that a given value is."""
    name, _, kind = (part.strip() for part in text.partition(":"))
    kind = kind or GIVEN.get(name, "")
    if not name.isidentifier() or not kind:
        raise Fault(f"{where}: error: no type is known for the given value '{text}'")
    return f"{name}: {kind}"


def apply(directive: str | None, block: Block) -> Block:
    """Reads what the comment before a block says."""
    where = f"{block.file}:{block.line - 1}"
    if directive is None:
        return block
    if directive.startswith("given "):
        # Commas stand inside of types too: only those before a name separate.
        parts = re.split(r",\s*(?=\w+\s*(?:[:,]|$))", directive.removeprefix("given "))
        block.given = [parameter(part.strip(), where) for part in parts]
    elif directive in ("continues", "shared", "program", "manifest"):
        block.kind = directive
    else:
        raise Fault(f"{where}: error: unknown kind of example '{directive}'")
    return block


def blocks(file: str, text: str, prefix: str) -> list[Block]:
    """The Swift blocks of a file; `prefix` stands before each line of documentation."""
    found: list[Block] = []
    directive: str | None = None
    current: Block | None = None
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        is_documentation = stripped.startswith(prefix)
        content = stripped.removeprefix(prefix).removeprefix(" ") if prefix else line
        bare = content.strip()
        if fence:
            if bare == fence or not is_documentation:
                if current is not None:
                    found.append(current)
                fence, current = "", None
            elif current is not None:
                current.lines.append(content)
        elif is_documentation and (match := re.match(r"^(`{3,})(\S*)", bare)):
            fence = match[1]
            if match[2] == "swift":
                current = apply(directive, Block(file, number + 1, []))
            elif directive is not None:
                raise Fault(f"{file}:{number}: error: expected a Swift block behind the comment")
            directive = None
        elif is_documentation and (match := DIRECTIVE.match(bare)):
            directive = match[1]
        elif bare and directive is not None:
            raise Fault(f"{file}:{number}: error: expected a Swift block behind the comment")
    if fence:
        raise Fault(f"{file}: error: a block does not end")
    return found


def documents(project: Path) -> list[Path]:
    """Everything that may hold examples."""
    files = [path for path in project.rglob("*.md")]
    files += [path for path in (project / "Sources").rglob("*.swift")]
    return sorted(path for path in files if not is_skipped(path.relative_to(project)))


def is_skipped(path: Path) -> bool:
    """Whether a file's examples are not looked at."""
    return any(map(SKIPPED.match, path.parts)) or path.as_posix().startswith(ELSEWHERE)


def functions(found: list[Block]) -> list[str]:
    """The functions that the blocks of one file become."""
    lines: list[str] = []
    body: list[Block] = []

    def finish() -> None:
        if not body:
            return
        is_handler = SOCKET in body[0].given
        given = [value for value in body[0].given if value != SOCKET]
        lines.append(f"private func example{body[0].line}({', '.join(given)}) async throws {{")
        if is_handler:
            lines.append("let handler: @Sendable (Socket) async throws -> Void = { socket in")
        names = []
        for block in body:
            lines.extend(block.located([line for line in block.lines if not line.startswith("import ")]))
            names += [match[1] for line in block.lines if (match := VARIABLE.match(line))]
        # What an example only declares is no mistake of it.
        lines.extend(f"    _ = {name}" for name in dict.fromkeys(names))
        if is_handler:
            lines.extend(["}", "_ = handler"])
        lines.append("}")
        body.clear()

    for block in found:
        if block.kind == "continues":
            if not body:
                raise Fault(f"{block.file}:{block.line}: error: there is no example to continue")
            body.append(block)
        elif block.kind == "plain":
            finish()
            body.append(block)
        elif block.kind == "shared":
            shared = ["private " + line if DECLARATION.match(line) else line for line in block.lines]
            lines.extend(block.located(shared))
    finish()
    return lines


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def generate(project: Path, output: Path) -> int:
    """Writes all sources; returns the number of examples."""
    count = 0
    for path in documents(project):
        file = path.relative_to(project).as_posix()
        found = blocks(file, path.read_text(encoding="utf-8"), "///" if path.suffix == ".swift" else "")
        count += len(found)
        name = re.sub(r"\W", "_", file)
        for block in found:
            if block.kind == "program":
                write(output / "programs" / f"{name}_{block.line}" / "main.swift", block.located(block.lines))
            elif block.kind == "manifest":
                write(output / "manifests" / f"{name}_{block.line}" / "Package.swift", block.lines)
        rest = [block for block in found if block.kind not in ("program", "manifest")]
        if rest:
            imported = {line.strip() for block in rest for line in block.lines if line.startswith("import ")}
            imports = sorted(imported | {f"import {module}" for module in IMPORTS})
            write(output / "examples" / f"{name}.swift", [*imports, *functions(rest)])
    return count


if __name__ == "__main__":
    try:
        print(f"{generate(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))} examples")
    except Fault as fault:
        sys.exit(str(fault))
