import { activityPage } from './account/activity.ts';
import { dataPage } from './account/data.ts';
import { devicesPage } from './account/devices.ts';
import { linkLoginPage } from './account/link-login.ts';
import { profilePage } from './account/profile.ts';
import { securityPage } from './account/security.ts';
import { changeEmailPage } from './change-email.ts';
import { checkMailPage } from './check-mail.ts';
import { firstAdminPage } from './first-admin.ts';
import { forgotPage } from './forgot.ts';
import { languagePage } from './language.ts';
import type { Page } from './page.ts';
import { resetPasswordPage } from './reset-password.ts';
import { rootPage } from './root.ts';
import { signInPage } from './sign-in.ts';
import { signOutPage } from './sign-out.ts';
import { signUpPage } from './sign-up.ts';
import { verifyEmailPage } from './verify-email.ts';

/** Every page by its address. */
export const PAGES: Readonly<Record<string, Page>> = {
  '/': rootPage,
  '/sign-in': signInPage,
  '/sign-up': signUpPage,
  '/sign-out': signOutPage,
  '/check-mail': checkMailPage,
  '/forgot': forgotPage,
  '/link/verify-email': verifyEmailPage,
  '/link/reset-password': resetPasswordPage,
  '/link/change-email': changeEmailPage,
  '/link/first-admin': firstAdminPage,
  '/account': profilePage,
  '/account/security': securityPage,
  '/account/link-login': linkLoginPage,
  '/account/devices': devicesPage,
  '/account/activity': activityPage,
  '/account/data': dataPage,
  '/language': languagePage,
};
