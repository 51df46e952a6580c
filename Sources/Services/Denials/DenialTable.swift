// Attempts to change something that were denied, on their way into the log.
//
// An attempt costs its caller nothing, so it must not cost the log anything either: attempts that
// are alike are counted here, in a table of bounded size, which becomes one entry a minute at most.
// Each thread counts what it denies, and a worker hands its table to the writer.
// A crash loses what was not written down.

package import Ledger
internal import Messages
internal import RPC
internal import Tokens

/// The denied attempts since the last entry of them.
package struct DenialTable: Sendable {
  private struct Count: Sendable {
    var count: UInt64
    let firstNanoseconds: Int64
    var lastNanoseconds: Int64
  }

  private var rows: [DenialKey: Count] = [:]
  private var furtherCount: UInt64 = 0

  /// The most rows; attempts beyond them are only counted.
  package static let mostRows = 1024

  package init() {}

  package var isEmpty: Bool { rows.isEmpty }

  /// Adds what another thread has counted.
  package mutating func add(_ other: DenialTable) {
    furtherCount += other.furtherCount
    for (key, count) in other.rows {
      if let index = rows.index(forKey: key) {
        rows.values[index].count += count.count
        rows.values[index].lastNanoseconds = max(
          rows.values[index].lastNanoseconds, count.lastNanoseconds)
      } else if rows.count < Self.mostRows {
        rows[key] = count
      } else {
        furtherCount += count.count
      }
    }
  }

  /// Hands over everything, and begins anew; nil when there is nothing.
  package mutating func take() -> DenialTable? {
    guard !isEmpty else { return nil }
    defer { removeAll() }
    return self
  }

  /// Counts an attempt that was denied at a time of the ledger.
  package mutating func add(_ key: DenialKey, atNanoseconds now: Int64) {
    if let index = rows.index(forKey: key) {
      rows.values[index].count += 1
      rows.values[index].lastNanoseconds = now
    } else if rows.count < Self.mostRows {
      rows[key] = Count(count: 1, firstNanoseconds: now, lastNanoseconds: now)
    } else {
      furtherCount += 1
    }
  }

  /// Forgets everything, once it is in the log.
  package mutating func removeAll() {
    rows.removeAll(keepingCapacity: rows.count <= 64)
    furtherCount = 0
  }

  /// Appends one entry of everything, by the daemon itself; in the order of time, so that the entry
  /// doesn't depend on how a hash table lies.
  package func append(to draft: inout Draft, by daemon: Actor) {
    guard !isEmpty else { return }
    let sorted = rows.sorted {
      ($0.value.firstNanoseconds, $0.value.lastNanoseconds, $0.value.count)
        < ($1.value.firstNanoseconds, $1.value.lastNanoseconds, $1.value.count)
    }
    draft.append(by: daemon) { entry in
      let recorded = entry.makeDenialsRecorded()
      recorded.setFurtherCount(furtherCount)
      for (key, count) in sorted {
        let denial = recorded.addDenials()
        denial.setOrganizationID(key.organizationID.span)
        denial.setUserID(key.userID.span)
        if let tokenID = key.tokenID {
          let bytes = tokenID.bytes
          denial.setTokenID(bytes.span)
          denial.setTokenIssuedRevision(key.tokenIssuedRevision)
        }
        denial.setUid(key.processUserID)
        let descriptor = key.method.descriptor
        denial.setMethod("\(descriptor.service)/\(descriptor.name)")
        denial.setStatusCode(key.code.rawValue)
        denial.setCount(count.count)
        denial.setFirstNanoseconds(count.firstNanoseconds)
        denial.setLastNanoseconds(count.lastNanoseconds)
      }
    }
  }
}
