import gcoord from 'gcoord';

/**
 * Degrees. Inside the program always GCJ-02 (what WeChat, AMap and Tencent maps speak), unless the name of the
 * variable says otherwise; what comes from elsewhere is converted once, at the edge.
 */
export type Point = { lng: number; lat: number };

export type Datum = 'wgs84' | 'gcj02' | 'bd09';

/** From what a device (`wgs84`) or Baidu (`bd09`) says to ours. Outside the mainland WGS-84 and GCJ-02 are the same to us. */
export function toGcj02(point: Point, datum: Datum): Point {
  if (datum === 'gcj02') return point;
  if (datum === 'bd09') return shift(point, gcoord.BD09, gcoord.GCJ02);
  return isMainland(point) ? shift(point, gcoord.WGS84, gcoord.GCJ02) : point;
}

/** To what the rest of the world uses (Open-Meteo). */
export function toWgs84(point: Point, datum: Datum): Point {
  if (datum === 'wgs84') return point;
  const gcj = toGcj02(point, datum);
  return isMainland(gcj) ? shift(gcj, gcoord.GCJ02, gcoord.WGS84) : gcj;
}

function shift(
  point: Point,
  from: typeof gcoord.WGS84 | typeof gcoord.GCJ02 | typeof gcoord.BD09,
  to: typeof gcoord.WGS84 | typeof gcoord.GCJ02,
): Point {
  const [lng, lat] = gcoord.transform([point.lng, point.lat], from, to);
  return { lng, lat };
}

/**
 * Whether a point lies where maps are shifted. gcoord itself asks a rectangle from 72°E to 138°E, which shifts Seoul,
 * Hanoi and Bangkok by 500 m too. We decide: GCJ-02 differs from WGS-84 on the mainland only; in Hong Kong, Macao, Taiwan
 * and abroad it does not. The outline is coarse (about 20 km) where few people live and fine at the two borders that
 * cut through cities (Shenzhen, Zhuhai); a point on the wrong side of it is off by some 500 m, not more.
 */
export const isMainland = (point: Point): boolean =>
  inside(point, mainland) && !inside(point, hongKong) && !inside(point, macao);

/** Ray casting; `ring` is a flat list lng, lat, lng, lat …, closed by itself. */
function inside({ lng, lat }: Point, ring: readonly number[]): boolean {
  let odd = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [x1, y1, x2, y2] = [ring[i] ?? 0, ring[i + 1] ?? 0, ring[j] ?? 0, ring[j + 1] ?? 0];
    if (y1 > lat !== y2 > lat && lng < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) odd = !odd;
  }
  return odd;
}

/** Kilometres along the surface (haversine; 0.5 % at worst). Both points in the same datum. */
export function distanceKm(a: Point, b: Point): number {
  const rad = Math.PI / 180;
  const sinLat = Math.sin(((b.lat - a.lat) * rad) / 2);
  const sinLng = Math.sin(((b.lng - a.lng) * rad) / 2);
  const h = sinLat ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * sinLng ** 2;
  return 2 * 6371.0088 * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** 「50 米」「350 米」「1.2 公里」「38 公里」: as precise as a walker can use. */
export function formatDistance(km: number): string {
  const metres = Math.max(10, Math.round(km * 100) * 10);
  if (metres < 1000) return `${metres} 米`;
  const tenths = Math.round(km * 10) / 10;
  return tenths < 10 ? `${tenths} 公里` : `${Math.round(km)} 公里`;
}

// Anticlockwise from the mouth of the Beilun river: borders with Vietnam, Laos, Myanmar, the Himalayas, Central Asia,
// Mongolia, Russia, Korea, then out at sea round the coast (west of Taiwan) and Hainan.
// biome-ignore format: one line per stretch of border
const mainland = [
  107.97, 21.52, 107.3, 21.65, 106.72, 21.98, 106.55, 22.3, 106.7, 22.8, 105.85, 22.98, 105.3, 23.35, 104.5, 22.8, 103.96, 22.5, 103, 22.45, 102.2, 22.4, 101.65, 22.3,
  101.8, 21.15, 101.2, 21.2, 101.1, 21.6, 100.2, 21.45, 99.95, 21.75, 99.2, 22.1, 99.4, 22.95, 98.85, 23.2, 98.7, 23.95, 97.55, 23.85, 97.65, 24.8, 98.65, 25.9, 98.65, 27.5, 97.3, 28.2,
  97, 27.7, 95.2, 26.7, 92.1, 26.9, 91.65, 27.8, 89.5, 28.1, 88.95, 27.3, 88.75, 28, 86, 27.93, 85.2, 28.25, 84.2, 28.8, 82, 30.2, 81.1, 30.05, 78.6, 31.3, 78.4, 32.5, 79, 33.2, 78, 35.4,
  76, 35.8, 74.8, 37.1, 74.5, 38.4, 73.5, 39.4, 73.9, 40, 76.4, 40.3, 76.8, 41, 78.3, 41.2, 80.2, 42.1, 80.2, 43, 80.37, 44.2, 79.9, 44.9, 82.5, 45.1, 82.3, 45.6, 83, 47.2, 85.5, 47, 85.6, 48.3, 87.3, 49.15,
  88, 49.2, 88.9, 48.1, 90.9, 47, 90.6, 45.6, 93.5, 45, 95.3, 44.3, 96.4, 42.75, 101.8, 42.6, 104.9, 41.6, 107.5, 42.5, 109.5, 42.5, 111.93, 43.7, 111.4, 44.4, 111.9, 45.1, 113.5, 44.8, 114.5, 45.4, 116, 45.7,
  117.4, 46.65, 119.7, 46.7, 119.8, 47.1, 118, 48.05, 115.6, 47.8, 115.5, 48.2, 116.7, 49.85, 117.5, 49.62, 119.2, 50.1, 119.2, 50.6, 120.6, 52, 120.7, 52.6, 120.1, 52.8, 121, 53.3, 123.5, 53.58,
  125.5, 53.1, 126.5, 52, 127, 51.3, 127.3, 50.5, 127.52, 50.26, 127.7, 49.7, 129.4, 49.4, 130.6, 48.85, 131, 47.75, 132.6, 47.75, 134.4, 48.42, 134.9, 48.35, 134.2, 47.3, 133.5, 45.9, 133, 45.1, 131.9, 45.3, 131, 44.85,
  131.3, 44, 131.2, 43, 130.6, 42.45, 130.25, 42.9, 129.9, 42.95, 129.7, 42.4, 128.9, 42, 128.1, 41.95, 128.2, 41.41, 126.9, 41.75, 126.2, 41.1, 125, 40.5, 124.39, 40.11, 124.2, 39.8,
  124.2, 38, 123, 36.5, 123, 30, 122.2, 28, 120.2, 25.9, 120.1, 25.3, 119.3, 24.6, 118.6, 23.9, 117.5, 23.2, 116.8, 22.5, 114.6, 21.8, 113, 21.3, 111.5, 21, 111.3, 19, 110.6, 18, 109.3, 17.9, 108.3, 18.6, 108.3, 20,
];

// Deep Bay, the Shenzhen river (Lok Ma Chau, Lo Wu, Sha Tau Kok), Mirs Bay, the sea.
// biome-ignore format: one line
const hongKong = [113.82, 22.1, 113.84, 22.42, 113.94, 22.46, 114, 22.49, 114.03, 22.504, 114.07, 22.515, 114.113, 22.533, 114.16, 22.543, 114.225, 22.547, 114.29, 22.565, 114.42, 22.56, 114.51, 22.44, 114.51, 22.1];

// Border gate and inner harbour, the channel to Hengqin, the sea.
// biome-ignore format: one line
const macao = [113.534, 22.2165, 113.56, 22.217, 113.61, 22.21, 113.63, 22.14, 113.6, 22.076, 113.557, 22.1, 113.546, 22.15, 113.53, 22.19];
