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
  /// The rows of each caller, and of each organization.
  private var rowCounts: [DenialKey.Group: Int] = [:]
  /// The rows of each local user.
  private var userCounts: [UInt32: Int] = [:]

  /// The rows of one caller that name tokens; beyond them its attempts are counted without.
  package static let mostRowsOfCaller = 32
  /// The rows of the users of one organization; beyond them they are counted together.
  package static let mostRowsOfOrganization = 256
  /// The most rows, which local users share: one with fewer than another gets one of its. Attempts
  /// beyond them are only counted.
  package static let mostRows = 1024

  package init() {}

  package var isEmpty: Bool { rows.isEmpty }

  /// How many rows there are, and how many of them a local user's.
  package var rowCount: Int { rows.count }
  package func rowCount(of userID: UInt32) -> Int { userCounts[userID] ?? 0 }

  /// Adds what another thread has counted.
  package mutating func add(_ other: DenialTable) {
    furtherCount += other.furtherCount
    for (key, count) in other.rows { add(key, count) }
  }

  /// Adds to the row of a key, or to a coarser one where its caller or its organization has as many
  /// rows as it may: a caller with very many tokens must not push others out.
  private mutating func add(_ key: DenialKey, _ count: Count) {
    for key in [key, key.withoutToken, key.withoutUser] {
      if let index = rows.index(forKey: key) {
        rows.values[index].count += count.count
        rows.values[index].lastNanoseconds = max(
          rows.values[index].lastNanoseconds, count.lastNanoseconds)
        return
      }
      let (callers, organizations) = (
        rowCounts[key.caller] ?? 0, rowCounts[key.organization] ?? 0
      )
      let hasRoom =
        organizations < Self.mostRowsOfOrganization
        && (key.tokenID == nil || callers < Self.mostRowsOfCaller)
      guard hasRoom || key == key.withoutUser else { continue }
      guard rows.count < Self.mostRows || makeRoom(for: key.processUserID) else { break }
      rows[key] = count
      userCounts[key.processUserID, default: 0] += 1
      rowCounts[key.caller] = callers + 1
      if key.caller != key.organization { rowCounts[key.organization] = organizations + 1 }
      return
    }
    furtherCount += count.count
  }

  /// Takes a row from the local user with the most, the one with the fewest attempts; false where
  /// that user has hardly more than the user that needs it.
  private mutating func makeRoom(for userID: UInt32) -> Bool {
    guard let largest = userCounts.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }),
      largest.value > (userCounts[userID] ?? 0) + 1,
      let (key, count) = rows.lazy.filter({ $0.key.processUserID == largest.key })
        .min(by: { $0.value.count < $1.value.count })
    else { return false }
    rows[key] = nil
    userCounts[largest.key] = largest.value - 1
    rowCounts[key.caller, default: 1] -= 1
    if key.caller != key.organization { rowCounts[key.organization, default: 1] -= 1 }
    furtherCount += count.count
    return true
  }

  /// Hands over everything, and begins anew; nil when there is nothing.
  package mutating func take() -> DenialTable? {
    guard !isEmpty else { return nil }
    defer { removeAll() }
    return self
  }

  /// Counts an attempt that was denied at a time of the ledger.
  package mutating func add(_ key: DenialKey, atNanoseconds now: Int64) {
    add(key, Count(count: 1, firstNanoseconds: now, lastNanoseconds: now))
  }

  /// Forgets everything, once it is in the log.
  package mutating func removeAll() {
    rows.removeAll(keepingCapacity: rows.count <= 64)
    rowCounts.removeAll(keepingCapacity: rowCounts.count <= 64)
    userCounts.removeAll(keepingCapacity: userCounts.count <= 64)
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
