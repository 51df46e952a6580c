internal import Fleet
internal import Ledger
internal import RPC
internal import Services

// How far a ledger's log and that of its fleet are the same.

extension BlockingFleetStore {
  /// The first revision that the fleet's log does not have as the ledger has it, where it is known
  /// not to have `last` so.
  func firstUnshared(of ledger: Ledger, through last: UInt64) throws(Status) -> UInt64 {
    var (shared, other) = (0 as UInt64, last)
    do {
      while shared + 1 < other {
        let middle = shared + (other - shared) / 2
        guard let position = try ledger.position(at: middle) else { break }
        let answer = try ask(.poll(after: position, maximumRows: 1))
        guard case .polled(let polled) = answer else { throw Status.unanswered(answer) }
        if try ledger.isShared(through: position, by: polled) {
          shared = middle
        } else {
          other = middle
        }
      }
    } catch let error as Status {
      throw error
    } catch let error as StoreError {
      throw .unreadable(error)
    } catch { preconditionFailure("an error of another kind") }
    return other
  }
}

extension Ledger {
  /// Whether the fleet's log has what the ledger has up to a position, by the answer about it.
  func isShared(
    through position: LogPosition, by polled: Polled
  ) throws(StoreError) -> Bool {
    switch polled.end {
    case .known: return true
    case .differs, .missing: return false
    case .inside:
      guard let row = polled.rows.first else { return false }
      switch try outcome(comparing: row) {
      case nil: return true
      case .forked(let fork)?: return fork.revision > position.revision
      default: return false
      }
    }
  }
}
