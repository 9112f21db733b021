/** Most specific first: a browser names those that it descends from as well. */
const BROWSERS: readonly (readonly [name: string, sign: RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\b(?:OPR|OPiOS|Opera)\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Whale', /\bWhale\//],
  ['Vivaldi', /\bVivaldi\//],
  ['Yandex Browser', /\bYaBrowser\//],
  ['KakaoTalk', /\bKAKAOTALK\b/],
  ['Naver', /\bNAVER\(/],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS|HeadlessChrome)\//],
  ['Safari', /\bVersion\/[\d.]+.*\bSafari\//],
];

const SYSTEMS: readonly (readonly [name: string, sign: RegExp])[] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows NT\b/],
  ['macOS', /\bMac(?:intosh| OS X)\b/],
  ['Linux', /\bLinux\b/],
];

/** Programs that people sign in with and that name themselves first. */
const PROGRAM =
  /^(curl|Wget|HTTPie|PostmanRuntime|insomnia|okhttp|Dart|node|undici|Deno|Bun|python-requests|Go-http-client)\b/i;

/**
 * A name for a device that a person recognises in a list: "Firefox on Windows". No version, which would be noise there, and no
 * guess beyond what the header says.
 *
 * @param userAgent  Value of `User-Agent`, from outside.
 * @returns undefined for what is no browser or program that is known.
 */
export function nameDevice(userAgent: string | undefined): string | undefined {
  // a header of any length is matched by regular expressions: only its beginning is
  const text = userAgent?.slice(0, 300);
  if (text === undefined) return undefined;
  const program = PROGRAM.exec(text)?.[1];
  if (program !== undefined) return program;
  const browser = BROWSERS.find(([, sign]) => sign.test(text))?.[0];
  const system = SYSTEMS.find(([, sign]) => sign.test(text))?.[0];
  if (browser !== undefined && system !== undefined) return `${browser} on ${system}`;
  return browser ?? system;
}
