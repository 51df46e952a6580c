internal import Synchronization

/// Whether the writer has uses of tokens of one worker that it has not written. The worker keeps the
/// next ones until then, in the table that it counts them in, which has a bound.
final class UsageBackpressure: Sendable {
  let isPending = Atomic<Bool>(false)
}
