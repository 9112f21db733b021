const EN = {
  welcome: 'Sign in, or sign up first',
  email: 'E-mail',
  password: 'Password (8 characters or more)',
  signIn: 'Sign in',
  signUp: 'Sign up',
  calls: 'Calls to the API, ten a second',
  accepted: 'Accepted. The API asked nobody: signature, claims and its list of revocations are all it needs.',
  behind: 'behind Mapae',
  notes: 'Notes',
  noNotes: 'None yet. Write the first one.',
  newNote: 'New note',
  add: 'Add',
  devices: 'Devices',
  thisDevice: 'this device',
  signOut: 'Sign out here',
  everywhere: 'Sign out everywhere',
  end: 'Sign out',
  account: 'Your account',
  hosted: 'Or sign in on the server’s own pages',
  token: 'The access token, as anyone can read it',
  laptop: 'Laptop · cookie',
  phone: 'Phone · bearer token in memory',
  signedUp: 'Signed up. Signing in…',
  refused: 'Refused.',
  refusedAfter: (ms: number): string => `Refused ${ms} ms after the sign-out was confirmed.`,
  refusedBefore: (ms: number): string => `Refused ${ms} ms before the sign-out was even confirmed.`,
  tokenSize: (bytes: number, signature: number): string =>
    `${bytes} bytes · ES256 · ${signature} characters of signature`,
  roles: 'Roles',
  noRole: 'none',
  renewed:
    'Your roles changed: the old token was refused, one refresh brought a new one, and nobody had to sign in again.',
  deleteNotes: 'Delete all (editors only)',
};

const KO: typeof EN = {
  welcome: '로그인하세요. 처음이라면 먼저 가입하세요',
  email: '이메일',
  password: '비밀번호 (8자 이상)',
  signIn: '로그인',
  signUp: '가입',
  calls: 'API 호출 (초당 10회)',
  accepted: '허용됨. API는 아무에게도 묻지 않습니다. 서명, 클레임, 폐기 목록이면 충분합니다.',
  behind: 'Mapae로 보호됨',
  notes: '노트',
  noNotes: '아직 없습니다. 첫 노트를 써 보세요.',
  newNote: '새 노트',
  add: '추가',
  devices: '기기',
  thisDevice: '이 기기',
  signOut: '여기서 로그아웃',
  everywhere: '모든 기기에서 로그아웃',
  end: '로그아웃',
  account: '내 계정',
  hosted: '또는 서버의 로그인 페이지에서 로그인',
  token: '액세스 토큰: 누구나 읽을 수 있는 내용',
  laptop: '노트북 · 쿠키',
  phone: '휴대폰 · 메모리의 베어러 토큰',
  signedUp: '가입되었습니다. 로그인하는 중…',
  refused: '거부됨.',
  refusedAfter: (ms) => `로그아웃이 확인되고 ${ms}ms 뒤에 거부되었습니다.`,
  refusedBefore: (ms) => `로그아웃이 확인되기 ${ms}ms 전에 이미 거부되었습니다.`,
  tokenSize: (bytes, signature) => `${bytes}바이트 · ES256 · 서명 ${signature}자`,
  roles: '역할',
  noRole: '없음',
  renewed:
    '역할이 바뀌었습니다. 이전 토큰은 거부되었고, 한 번의 갱신으로 새 토큰을 받았습니다. 다시 로그인할 필요가 없습니다.',
  deleteNotes: '모두 삭제 (editor 전용)',
};

/** Refusals of the server by their code; it says them in English itself. */
const KO_PROBLEMS: Readonly<Record<string, string>> = {
  'account/credentials': '이메일 주소나 비밀번호가 맞지 않습니다.',
  'account/password-known': '유출된 적이 있는 비밀번호입니다. 다른 비밀번호를 고르세요.',
  'account/password-weak': '추측하기 쉬운 비밀번호입니다. 더 길게 정하세요.',
  'request/too-many': '시도가 너무 많습니다. 잠시 후 다시 시도해 주세요.',
  'server/unavailable': '지금은 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.',
};

/** Korean for who prefers it. */
export const LANGUAGE: 'en' | 'ko' = navigator.language.startsWith('ko') ? 'ko' : 'en';

/** The page's words. */
export const TEXTS: typeof EN = LANGUAGE === 'ko' ? KO : EN;
export const PROBLEMS: Readonly<Record<string, string>> = LANGUAGE === 'ko' ? KO_PROBLEMS : {};
