import { stopAll } from './running-emulators';

export default stopAll;
