// Pictures of what a display shows, read where Xvfb keeps its pixels: WebKit's own way to take one waits for the next drawing, which at
// rest never comes where the window does without compositing.

import { readFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";

const COLOR_BYTES = 12;
const PIXEL_BYTES = 4;

/** The pixels of a part of the display, a line each; the file is in the format of xwd(1). */
function linesOf(file, { x, y, width, height }) {
  const bytes = readFileSync(file);
  const field = (index) => bytes.readUInt32BE(index * 4);
  const [headerBytes, lineBytes, colors] = [field(0), field(12), field(19)];
  const begin = headerBytes + colors * COLOR_BYTES + x * PIXEL_BYTES;
  return Array.from({ length: height }, (_, row) => {
    const from = begin + (y + row) * lineBytes;
    return bytes.subarray(from, from + width * PIXEL_BYTES);
  });
}

/** A part of the display as PNG. */
export function pictureOf(file, rect) {
  const { width, height } = rect;
  // Each line begins with the filter that it is written with: none.
  const lines = Buffer.alloc(height * (1 + width * 3));
  for (const [row, line] of linesOf(file, rect).entries()) {
    let to = row * (1 + width * 3) + 1;
    for (let from = 0; from < line.length; from += PIXEL_BYTES) {
      lines[to++] = line[from + 2];
      lines[to++] = line[from + 1];
      lines[to++] = line[from];
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // Eight bits of red, green and blue.
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(lines)), chunk("IEND", Buffer.alloc(0))]);
}

/** Whether a part of the display is of one colour: nothing is drawn there. */
export function isBlank(file, rect) {
  const lines = linesOf(file, rect);
  const [first] = lines;
  const colour = first.subarray(0, PIXEL_BYTES);
  for (let from = PIXEL_BYTES; from < first.length; from += PIXEL_BYTES) if (!first.subarray(from, from + PIXEL_BYTES).equals(colour)) return false;
  return lines.every((line) => line.equals(first));
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
