/** The same port, except that every call of a method waits for `before`, which is given the method's name. */
export function beforeEachCall<Port extends object>(port: Port, before: (method: string) => Promise<void>): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]): Promise<unknown> => {
        await before(String(name));
        return Reflect.apply(member, target, given);
      };
    },
  });
}
