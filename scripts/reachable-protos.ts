import { protobuf } from 'google-gax';
import * as z from 'zod';

/**
 * Of protocol buffers in JSON what calls of these methods of a service can meet. A client resolves every type as soon as it
 * is made; most belong to methods that nobody here calls, or describe types.
 */
export function reachableProtos(json: unknown, serviceName: string, methods: readonly string[]): object {
  const root = protobuf.Root.fromJSON(rootSchema.parse(json));
  const service = root.lookupService(serviceName);
  const reachable = new Set<protobuf.ReflectionObject>();
  // A message that only holds another is resolved all the same, with its own fields.
  const visit = (one: protobuf.ReflectionObject | null): void => {
    if (!one || reachable.has(one)) return;
    reachable.add(one);
    visit(one.parent);
    if (one instanceof protobuf.Type) for (const field of one.fieldsArray) visit(field.resolve().resolvedType);
  };
  const prune = (namespace: protobuf.NamespaceBase): void => {
    for (const one of namespace.nestedArray) {
      if (!reachable.has(one)) namespace.remove(one);
      else if (one instanceof protobuf.Namespace) prune(one);
    }
  };

  visit(service);
  for (const method of service.methodsArray) {
    method.resolve();
    if (!methods.includes(method.name)) service.remove(method);
    else for (const type of [method.resolvedRequestType, method.resolvedResponseType]) visit(type);
  }
  const missing = methods.filter((name) => !(name in service.methods));
  if (missing.length > 0) throw new Error(`${serviceName} has no ${missing.join(', ')}.`);
  prune(root);
  return root.toJSON();
}

const rootSchema = z.looseObject({ nested: z.record(z.string(), z.looseObject({})) });
