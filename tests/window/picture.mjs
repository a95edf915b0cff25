// Pictures of what a display shows, read where Xvfb keeps its pixels: WebKit's own way to take one waits for the next drawing, which at
// rest never comes where the window does without compositing.

import { readFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";

const COLOR_BYTES = 12;
const PIXEL_BYTES = 4;

/** A part of the display as PNG; the file is in the format of xwd(1). */
export function pictureOf(file, { x, y, width, height }) {
  const bytes = readFileSync(file);
  const field = (index) => bytes.readUInt32BE(index * 4);
  const [headerBytes, lineBytes, colors] = [field(0), field(12), field(19)];
  const pixels = headerBytes + colors * COLOR_BYTES;
  // Each line begins with the filter that it is written with: none.
  const lines = Buffer.alloc(height * (1 + width * 3));
  for (let row = 0; row < height; row += 1) {
    let to = row * (1 + width * 3) + 1;
    let from = pixels + (y + row) * lineBytes + x * PIXEL_BYTES;
    for (let column = 0; column < width; column += 1, from += PIXEL_BYTES) {
      lines[to++] = bytes[from + 2];
      lines[to++] = bytes[from + 1];
      lines[to++] = bytes[from];
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
export function isBlank(file, { x, y, width, height }) {
  const bytes = readFileSync(file);
  const field = (index) => bytes.readUInt32BE(index * 4);
  const [headerBytes, lineBytes, colors] = [field(0), field(12), field(19)];
  const pixels = headerBytes + colors * COLOR_BYTES;
  const lineAt = (row) => bytes.subarray(pixels + (y + row) * lineBytes + x * PIXEL_BYTES).subarray(0, width * PIXEL_BYTES);
  const first = lineAt(0);
  for (let column = 1; column < width; column += 1) if (first.readUInt32BE(column * PIXEL_BYTES) !== first.readUInt32BE(0)) return false;
  for (let row = 1; row < height; row += 1) if (!lineAt(row).equals(first)) return false;
  return true;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
