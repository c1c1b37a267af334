import { GoogleApiError } from '../google-api-error';

/** Calendar's own wording of Google's usual errors; clients tell them apart by `reason`. */
export const notFound = () => new GoogleApiError(404, 'notFound', 'Not Found');
export const invalid = (message: string) => new GoogleApiError(400, 'invalid', message);
export const required = (message: string) => new GoogleApiError(400, 'required', message);
export const timeRangeEmpty = () => new GoogleApiError(400, 'timeRangeEmpty', 'The specified time range is empty.');
export const duplicate = () => new GoogleApiError(409, 'duplicate', 'The requested identifier already exists.');
export const deleted = () => new GoogleApiError(410, 'deleted', 'Resource has been deleted');
export const conditionNotMet = () => new GoogleApiError(412, 'conditionNotMet', 'Precondition Failed');
export const fullSyncRequired = () =>
  new GoogleApiError(410, 'fullSyncRequired', 'Sync token is no longer valid, a full sync is required.');
export const needsWriter = () =>
  new GoogleApiError(403, 'requiredAccessLevel', 'You need to have writer access to this calendar.');
export const forbiddenForNonOrganizer = () =>
  new GoogleApiError(
    403,
    'forbiddenForNonOrganizer',
    'Shared properties can only be changed by the organizer of the event.',
  );
