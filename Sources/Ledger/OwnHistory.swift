internal import Platform
internal import Synchronization

/// The heads that this process itself has written last, by which it recognizes its own history.
///
/// Another file can be written over the ledger's, in place, by a copy. LMDB then reads what is
/// there, and a revision alone does not show it: the other history may be longer. The hash of its
/// last entry does. A reader compares 64 bits of it, without a lock.
final class OwnHistory: Sendable {
  private let published: Atomic<UInt64>
  private let committing: Atomic<UInt64>
  private let newest: Guarded<Head>
  private let foreign = Atomic<Bool>(false)

  init(_ head: Head) {
    published = Atomic(head.mark)
    committing = Atomic(head.mark)
    newest = Guarded(head)
  }

  /// The head that was published last, from memory and not from the file.
  var head: Head { newest.withLock { $0 } }

  /// What readers may find now: the head that was published last, and one that is being committed.
  var marks: (UInt64, UInt64) {
    (published.load(ordering: .acquiring), committing.load(ordering: .acquiring))
  }

  /// Whether another history was found in the file. Nothing is answered from it any more, not even
  /// by a reader that still has a view from before: the pages under that view are others.
  var isForeign: Bool { foreign.load(ordering: .relaxed) }

  /// Notes that another history was found.
  func noteForeign() { foreign.store(true, ordering: .relaxed) }

  /// The commit of a head begins: readers may find it from now on.
  func begin(_ head: Head) { committing.store(head.mark, ordering: .releasing) }

  /// A head is durable.
  func publish(_ head: Head) {
    newest.withLock { $0 = head }
    committing.store(head.mark, ordering: .releasing)
    published.store(head.mark, ordering: .releasing)
  }
}
