// Calls into the application. What its listeners throw is theirs: it surfaces as an uncaught error,
// as from any event listener, and never unwinds into the client.

export function tell<Arguments extends unknown[]>(
  listener: ((...values: Arguments) => void) | undefined,
  ...values: Arguments
): void {
  try {
    listener?.(...values);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
