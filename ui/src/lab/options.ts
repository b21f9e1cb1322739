// What the demo server's switches can be set to, in words.
import type {
  Endpoint,
  Fault,
  FaultBody,
  LifetimeShape,
  Rotation,
  TellRefreshToken,
} from '../contract';
import { m } from '../paraglide/messages.js';

export type RotationKind = Rotation['kind'];
export type FaultName = Fault['kind'];

export type Option<T> = { value: T; label: string };

/** From a table that names every value, so that none can be forgotten. */
function options<T extends string>(names: Record<T, () => string>): Option<T>[] {
  return (Object.keys(names) as T[]).map((value) => ({ value, label: names[value]() }));
}

export function rotationOptions(): Option<RotationKind>[] {
  return options({
    untilSuccessorUsed: m.lab_rotation_until,
    grace: m.lab_rotation_grace,
    strict: m.lab_rotation_strict,
    none: m.lab_rotation_none,
  });
}

export function tellOptions(): Option<TellRefreshToken>[] {
  return options({
    always: m.lab_tell_always,
    whenNew: m.lab_tell_when_new,
    never: m.lab_tell_never,
  });
}

export function shapeOptions(): Option<LifetimeShape>[] {
  return options({
    seconds: m.lab_shape_seconds,
    milliseconds: m.lab_shape_milliseconds,
    text: m.lab_shape_text,
    fraction: m.lab_shape_fraction,
    absolute: m.lab_shape_absolute,
    year9999: m.lab_shape_year9999,
    absent: m.lab_shape_absent,
    zero: m.lab_shape_zero,
    negative: m.lab_shape_negative,
    words: m.lab_shape_words,
  });
}

export function faultOptions(): Option<FaultName>[] {
  return options({
    none: m.lab_fault_none,
    dropAfterRotating: m.lab_fault_drop_after,
    dropBeforeHandling: m.lab_fault_drop_before,
    hold: m.lab_fault_hold,
    status: m.lab_fault_status,
    html200: m.lab_fault_html200,
    emptyBody: m.lab_fault_empty_body,
    notJson: m.lab_fault_not_json,
    truncatedBody: m.lab_fault_truncated_body,
    hugeBody: m.lab_fault_huge_body,
    withoutToken: m.lab_fault_without_token,
    refuse: m.lab_fault_refuse,
    bare401: m.lab_fault_bare401,
    apiRefuses: m.lab_fault_api_refuses,
  });
}

export function bodyOptions(): Option<FaultBody>[] {
  return options({
    none: m.lab_fault_body_none,
    json: m.lab_fault_body_json,
    html: m.lab_fault_body_html,
  });
}

export type RetryForm = 'none' | 'seconds' | 'date';

export function retryOptions(): Option<RetryForm>[] {
  return options({
    none: m.lab_fault_retry_none,
    seconds: m.lab_fault_retry_seconds,
    date: m.lab_fault_retry_date,
  });
}

export type Often = 'always' | 'some';

export function oftenOptions(): Option<Often>[] {
  return options({ always: m.lab_fault_times_always, some: m.lab_fault_times_some });
}

export function endpointOptions(): Option<Endpoint>[] {
  return options({
    refresh: m.lab_endpoint_refresh,
    api: m.lab_endpoint_api,
    login: m.lab_endpoint_login,
    logout: m.lab_endpoint_logout,
  });
}
