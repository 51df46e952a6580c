package import Ledger
internal import Messages
package import RPC
internal import Tokens

// Attempts to change something that were denied, on their way into the log.
//
// An attempt costs its caller nothing, so it must not cost the log anything either: attempts that
// are alike are counted here, in a table of bounded size, which becomes one entry a minute at most.
// Each thread counts what it denies, and a worker hands its table to the writer.
// A crash loses what was not written down.

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
  package static let maximumRowsOfCaller = 32
  /// The rows of the users of one organization; beyond them they are counted together.
  package static let maximumRowsOfOrganization = 256
  /// The most rows, which local users share: one with fewer than another gets one of its. Attempts
  /// beyond them are only counted.
  package static let maximumRows = 1024

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
        organizations < Self.maximumRowsOfOrganization
        && (key.tokenID == nil || callers < Self.maximumRowsOfCaller)
      guard hasRoom || key == key.withoutUser else { continue }
      guard rows.count < Self.maximumRows || makeRoom(for: key.processUserID) else { break }
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
  package func record(in draft: inout Draft, by daemon: Actor) {
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

/// What denied attempts to change something have in common to be counted together.
package struct DenialKey: Hashable, Sendable {
  /// The organization of the caller's token; empty for no token, or an unknown one.
  let organizationID: [UInt8]
  /// The user of the caller's token; empty for a token of no user.
  let userID: [UInt8]
  let tokenID: TokenID?
  /// The revision that issued the token; zero for none.
  let tokenIssuedRevision: UInt64
  let processUserID: UInt32
  let method: Method
  let code: StatusCode

  /// Whose rows are counted together.
  struct Group: Hashable, Sendable {
    let organizationID: [UInt8]
    let userID: [UInt8]
    let processUserID: UInt32
  }

  var caller: Group {
    Group(organizationID: organizationID, userID: userID, processUserID: processUserID)
  }

  var organization: Group {
    Group(organizationID: organizationID, userID: [], processUserID: processUserID)
  }

  /// The same for every token of the caller.
  var withoutToken: DenialKey {
    DenialKey(
      organizationID: organizationID, userID: userID, tokenID: nil, tokenIssuedRevision: 0,
      processUserID: processUserID, method: method, code: code)
  }

  /// The same for every user of the organization.
  var withoutUser: DenialKey {
    DenialKey(
      organizationID: organizationID, userID: [], tokenID: nil, tokenIssuedRevision: 0,
      processUserID: processUserID, method: method, code: code)
  }
}

extension PosternServices {
  /// The key under which a call is counted as a denied attempt; nil if it was none. An attempt is a
  /// call that would change something and failed for lack of rights, and every call that tried to
  /// read what its caller may not see, whatever the answer: that is a trespass.
  package func denialKey<State: LedgerState & ~Copyable>(
    of method: Method, for call: Call, status: Status?, in state: borrowing State,
    isTrespass: Bool = false
  ) -> DenialKey? {
    var code = StatusCode.permissionDenied
    if !isTrespass {
      guard method.changesSomething, let status,
        status.code == .permissionDenied || status.code == .unauthenticated
      else { return nil }
      code = status.code
    }
    // A token that is no longer active still tells whose it was.
    var caller = Caller(call)
    var issuedRevision: UInt64 = 0
    if case .bearer(let text) = call.credential, let token = knownToken(text, in: state) {
      caller = Caller(call, token)
      issuedRevision = token.issuedRevision
    }
    return DenialKey(
      organizationID: caller.organization, userID: caller.user, tokenID: caller.tokenID,
      tokenIssuedRevision: issuedRevision, processUserID: call.peer.userID, method: method,
      code: code)
  }
}

extension Method {
  /// Whether it does more than read: the writer decides what, at once or by steps, or it makes a
  /// file.
  package var changesSomething: Bool {
    switch descriptor.kind {
    case .command, .background, .stream(_, isCommand: true): true
    case .query, .stream(_, isCommand: false): false
    }
  }
}
