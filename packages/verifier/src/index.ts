export { blindRevocationId, type RevocationTarget } from './blinded-id.ts';
