import type { Locale } from './mail.ts';

/** What a mail is about, and what it needs to say so. */
export interface MailValues {
  readonly 'verify-email': Link;
  readonly 'account-exists': Empty;
  readonly 'reset-password': Link;
  readonly 'password-changed': Event;
  readonly 'change-email': Link;
  readonly 'email-change-asked': Event & { readonly newEmail: string };
  readonly 'email-changed': Event & { readonly newEmail: string };
  readonly 'session-stolen': Event;
  readonly 'account-deleted': Event;
  readonly 'account-suspended': Event;
  readonly 'account-restored': Event;
  readonly 'account-claimed': Event & { readonly provider: string };
  readonly 'login-linked': Event & { readonly provider: string };
  readonly 'login-unlinked': Event & { readonly provider: string };
  readonly 'roles-changed': Event & { readonly roles: readonly string[] };
  readonly 'new-device': Event & { readonly device: string | undefined };
}

export type MailTemplate = keyof MailValues;

type Empty = Readonly<Record<never, never>>;
interface Link {
  readonly link: string;
  readonly minutes: number;
}
interface Event {
  /** RFC 3339. */
  readonly at: string;
  readonly ip?: string | undefined;
}

/** Words of a mail; plain text, escaped where it becomes HTML. No subject holds what somebody typed. */
export interface Words {
  readonly subject: string;
  readonly lines: readonly string[];
  /** Text of the one link. */
  readonly action?: string;
  readonly link?: string;
}

type Templates = { readonly [T in MailTemplate]: Readonly<Record<Locale, (values: MailValues[T]) => Words>> };

/** Time and network of what happened. */
const when = ({ at, ip }: Event): string =>
  `${at.slice(0, 16).replace('T', ' ')} UTC${ip === undefined ? '' : ` (${ip})`}`;
const NOT_YOU = 'If this was not you, reset your password now: whoever did it knows it, or reads your mail.';
const NOT_YOU_KO =
  '본인이 한 일이 아니라면 지금 비밀번호를 재설정하세요. 누군가 비밀번호를 알고 있거나 메일을 읽고 있습니다.';
const IGNORE = 'If you did not ask for this, do nothing: nothing changes.';
const IGNORE_KO = '요청한 적이 없다면 아무것도 하지 않으셔도 됩니다. 바뀌는 것은 없습니다.';
const once = (minutes: number): string => `The link works once, for ${minutes} minutes.`;
const onceKo = (minutes: number): string => `링크는 ${minutes}분 동안 한 번만 쓸 수 있습니다.`;

export const TEMPLATES: Templates = {
  'verify-email': {
    en: ({ link, minutes }) => ({
      subject: 'Confirm your e-mail address',
      lines: ['Please confirm that this address is yours.', once(minutes), IGNORE],
      action: 'Confirm the address',
      link,
    }),
    ko: ({ link, minutes }) => ({
      subject: '이메일 주소를 확인해 주세요',
      lines: ['이 주소가 본인의 것인지 확인해 주세요.', onceKo(minutes), IGNORE_KO],
      action: '주소 확인',
      link,
    }),
  },
  'account-exists': {
    en: () => ({
      subject: 'You already have an account',
      lines: [
        'Somebody tried to make an account with this address. There is one already, and nothing was changed.',
        'If it was you, sign in, or reset your password if you have forgotten it.',
      ],
    }),
    ko: () => ({
      subject: '이미 계정이 있습니다',
      lines: [
        '누군가 이 주소로 계정을 만들려고 했습니다. 이미 계정이 있으며 바뀐 것은 없습니다.',
        '본인이라면 로그인하거나, 비밀번호를 잊었다면 재설정하세요.',
      ],
    }),
  },
  'reset-password': {
    en: ({ link, minutes }) => ({
      subject: 'Reset your password',
      lines: ['Choose a new password with this link.', `${once(minutes)} You will be signed out everywhere.`, IGNORE],
      action: 'Choose a new password',
      link,
    }),
    ko: ({ link, minutes }) => ({
      subject: '비밀번호 재설정',
      lines: ['아래 링크에서 새 비밀번호를 정하세요.', `${onceKo(minutes)} 모든 기기에서 로그아웃됩니다.`, IGNORE_KO],
      action: '새 비밀번호 정하기',
      link,
    }),
  },
  'password-changed': {
    en: (event) => ({
      subject: 'Your password was changed',
      lines: [`Your password was changed: ${when(event)}.`, 'All other devices were signed out.', NOT_YOU],
    }),
    ko: (event) => ({
      subject: '비밀번호가 변경되었습니다',
      lines: [`비밀번호가 변경되었습니다: ${when(event)}.`, '다른 모든 기기에서 로그아웃되었습니다.', NOT_YOU_KO],
    }),
  },
  'change-email': {
    en: ({ link, minutes }) => ({
      subject: 'Confirm your new e-mail address',
      lines: [
        'Somebody wants to use this address for their account. Confirm it if that is you.',
        `${once(minutes)} You will be signed out everywhere.`,
        IGNORE,
      ],
      action: 'Use this address',
      link,
    }),
    ko: ({ link, minutes }) => ({
      subject: '새 이메일 주소를 확인해 주세요',
      lines: [
        '누군가 이 주소를 계정에 쓰려고 합니다. 본인이라면 확인해 주세요.',
        `${onceKo(minutes)} 모든 기기에서 로그아웃됩니다.`,
        IGNORE_KO,
      ],
      action: '이 주소 사용',
      link,
    }),
  },
  'email-change-asked': {
    en: (event) => ({
      subject: 'Your e-mail address is about to change',
      lines: [
        `Your account's address is to become ${event.newEmail}: asked for ${when(event)}.`,
        'It changes once the new address is confirmed.',
        NOT_YOU,
      ],
    }),
    ko: (event) => ({
      subject: '이메일 주소 변경이 요청되었습니다',
      lines: [
        `계정의 주소를 ${event.newEmail}(으)로 바꾸는 요청이 있었습니다: ${when(event)}.`,
        '새 주소가 확인되면 변경됩니다.',
        NOT_YOU_KO,
      ],
    }),
  },
  'email-changed': {
    en: (event) => ({
      subject: 'Your e-mail address was changed',
      lines: [`Your account's address is now ${event.newEmail}: ${when(event)}.`, 'This address no longer opens it.'],
    }),
    ko: (event) => ({
      subject: '이메일 주소가 변경되었습니다',
      lines: [
        `계정의 주소가 ${event.newEmail}(으)로 바뀌었습니다: ${when(event)}.`,
        '이 주소로는 더 이상 로그인할 수 없습니다.',
      ],
    }),
  },
  'session-stolen': {
    en: (event) => ({
      subject: 'One of your devices was signed out',
      lines: [
        `Something that only one of your devices should know was used twice: ${when(event)}.`,
        'That device was signed out. If you do not know why this happened, reset your password.',
      ],
    }),
    ko: (event) => ({
      subject: '기기 한 대에서 로그아웃되었습니다',
      lines: [
        `기기 한 대만 알고 있어야 할 정보가 두 번 사용되었습니다: ${when(event)}.`,
        '해당 기기는 로그아웃되었습니다. 이유를 모르신다면 비밀번호를 재설정하세요.',
      ],
    }),
  },
  'account-deleted': {
    en: (event) => ({
      subject: 'Your account was deleted',
      lines: [`Your account and what was kept with it are gone: ${when(event)}.`],
    }),
    ko: (event) => ({
      subject: '계정이 삭제되었습니다',
      lines: [`계정과 함께 보관되던 정보가 삭제되었습니다: ${when(event)}.`],
    }),
  },
  'account-suspended': {
    en: (event) => ({
      subject: 'Your account was suspended',
      lines: [`An administrator suspended your account: ${when(event)}.`, 'You were signed out everywhere.'],
    }),
    ko: (event) => ({
      subject: '계정이 정지되었습니다',
      lines: [`관리자가 계정을 정지했습니다: ${when(event)}.`, '모든 기기에서 로그아웃되었습니다.'],
    }),
  },
  'account-restored': {
    en: (event) => ({
      subject: 'You can sign in again',
      lines: [`Your account is no longer suspended: ${when(event)}.`],
    }),
    ko: (event) => ({ subject: '다시 로그인할 수 있습니다', lines: [`계정 정지가 해제되었습니다: ${when(event)}.`] }),
  },
  'roles-changed': {
    en: (event) => ({
      subject: 'What you may do has changed',
      lines: [`Your roles are now: ${event.roles.join(', ') || 'none'}; ${when(event)}.`],
    }),
    ko: (event) => ({
      subject: '권한이 변경되었습니다',
      lines: [`현재 역할: ${event.roles.join(', ') || '없음'}; ${when(event)}.`],
    }),
  },
  'new-device': {
    en: (event) => ({
      subject: 'New sign-in to your account',
      lines: [
        `Somebody signed in with your password from a device that was not used before: ${event.device ?? 'an unknown device'}, ${when(event)}.`,
        'If it was you, there is nothing to do.',
        'If it was not you, reset your password now: whoever did it knows it. That signs every device out.',
      ],
    }),
    ko: (event) => ({
      subject: '새 기기에서 로그인했습니다',
      lines: [
        `처음 보는 기기에서 회원님의 비밀번호로 로그인했습니다: ${event.device ?? '알 수 없는 기기'}, ${when(event)}.`,
        '본인이라면 아무것도 하지 않으셔도 됩니다.',
        '본인이 아니라면 지금 비밀번호를 재설정하세요. 누군가 비밀번호를 알고 있습니다. 재설정하면 모든 기기에서 로그아웃됩니다.',
      ],
    }),
  },
  'account-claimed': {
    en: (event) => ({
      subject: 'This address now signs in with another provider',
      lines: [
        `You signed in with ${event.provider}, which confirmed this address: ${when(event)}.`,
        'Somebody had made an account with it before and never confirmed the address. Their password and devices no longer work; you can set a password of your own with "forgot password".',
      ],
    }),
    ko: (event) => ({
      subject: '이 주소로 다른 서비스를 통해 로그인했습니다',
      lines: [
        `${event.provider}(으)로 로그인하여 이 주소가 확인되었습니다: ${when(event)}.`,
        '이전에 누군가 이 주소로 계정을 만들고 확인하지 않았습니다. 그때의 비밀번호와 기기는 더 이상 쓸 수 없습니다. "비밀번호 찾기"로 새 비밀번호를 정할 수 있습니다.',
      ],
    }),
  },
  'login-linked': {
    en: (event) => ({
      subject: 'A login was added to your account',
      lines: [`Your account can now be opened with ${event.provider}: ${when(event)}.`, NOT_YOU],
    }),
    ko: (event) => ({
      subject: '계정에 로그인 수단이 추가되었습니다',
      lines: [`이제 ${event.provider}(으)로도 로그인할 수 있습니다: ${when(event)}.`, NOT_YOU_KO],
    }),
  },
  'login-unlinked': {
    en: (event) => ({
      subject: 'A login was removed from your account',
      lines: [`Your account can no longer be opened with ${event.provider}: ${when(event)}.`, NOT_YOU],
    }),
    ko: (event) => ({
      subject: '계정에서 로그인 수단이 제거되었습니다',
      lines: [`더 이상 ${event.provider}(으)로 로그인할 수 없습니다: ${when(event)}.`, NOT_YOU_KO],
    }),
  },
};
