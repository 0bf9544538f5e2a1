const perLine = 16;

/** Bytes in lines of offset, hexadecimal and ASCII, as hexdump -C writes them; at most so many. */
export function hexDump(base64: string, most: number): string {
  // Four characters are three bytes: what is not shown is not decoded.
  const bytes = Array.from(atob(base64.slice(0, 4 * Math.ceil(most / 3))), (letter) => letter.charCodeAt(0));
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += perLine) {
    const line = bytes.slice(at, Math.min(at + perLine, most));
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(perLine * 3 - 1)}  ${text}`);
  }
  return lines.join('\n');
}
