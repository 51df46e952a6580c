/// Carries a thread's closure through the `void *` of pthread.
final class ThreadStart {
  let body: () -> Void

  init(_ body: @escaping () -> Void) {
    self.body = body
  }
}
