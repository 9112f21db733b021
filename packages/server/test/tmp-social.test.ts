import './endpoints/social.ts';
import './endpoints/social-failures.ts';
import './endpoints/social-providers.ts';
import './endpoints/social-refusals.ts';
