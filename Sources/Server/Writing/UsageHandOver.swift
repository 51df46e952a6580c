internal import Synchronization

/// Whether the writer has uses of tokens of one worker that it has not written. The worker waits
/// with the next ones until then, in the table that they are counted in, which has a bound.
final class UsageHandOver: Sendable {
  let isPending = Atomic<Bool>(false)
}
