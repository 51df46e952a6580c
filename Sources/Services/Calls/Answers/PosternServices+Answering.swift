package import Ledger
package import Messages
package import RPC

extension Status {
  /// A read transaction has failed; the caller may try again.
  package static func unreadable(_ error: StoreError) -> Status {
    Status(.unavailable, "the ledger can't be read: \(error)", reason: "LEDGER_UNREADABLE")
  }
}

// Where every answer passes: what was computed while a damaged row counted as absent is none, be it
// a yes, a no, or that something isn't there.
extension PosternServices {
  /// Answers a query, or a method of a background thread, from a snapshot; the answer goes into
  /// `output`. Returns the rest if its time was over before it was done, else nil.
  package func answerQuery(
    _ method: Method, _ payload: Span<UInt8>, for call: Call, from snapshot: borrowing Snapshot,
    arena: borrowing Arena, into output: inout ByteBuffer
  ) throws(Status) -> QueryRest? {
    let rest: QueryRest?
    do throws(Status) {
      rest = try dispatchQuery(
        method, payload, for: call, from: snapshot, arena: arena, into: &output)
    } catch {
      throw snapshot.damage.take().map(damaged) ?? error
    }
    guard let row = snapshot.damage.take() else { return rest }
    output.removeAll()
    guard case .envoyServiceAuthV3AuthorizationCheck = method else { throw damaged(row) }
    // An error may let the request through: Envoy's `failure_mode_allow`.
    deny(.forbidden("the ledger is damaged"), arena: arena, into: &output)
    return nil
  }

  /// Opens a call that streams.
  package func openStream(
    _ method: Method, _ payload: Span<UInt8>, for call: Call, from snapshot: borrowing Snapshot,
    arena: borrowing Arena
  ) throws(Status) -> any StreamingCall {
    do throws(Status) {
      let opened = try dispatchOpening(
        method, payload, for: call, from: snapshot, in: arena)
      guard let row = snapshot.damage.take() else { return opened }
      throw damaged(row)
    } catch {
      throw snapshot.damage.take().map(damaged) ?? error
    }
  }

  /// Decides a command, or a step of one that streams, inside the write transaction; the answer
  /// goes into `output`. The caller is found before the request is decoded.
  package func decideCommand(
    _ method: Method, _ payload: CheckedMessage, for call: Call, at step: CommandStep,
    in draft: inout Draft, arena: borrowing Arena, into output: inout ByteBuffer
  ) throws(Status) -> CommandEnd {
    let entries = draft.entryCount
    let decided: Result<CommandEnd, Status>
    do throws(Status) {
      decided = .success(
        try dispatchCommand(
          method, payload, for: call, at: step, in: &draft, arena: arena, into: &output))
    } catch {
      decided = .failure(error)
    }
    if let row = draft.damage.take() {
      if draft.entryCount != entries || row.fault == .unreadable { draft.drop(for: row) }
      throw damaged(row)
    }
    return try decided.get()
  }

  /// The error in place of an answer that would rest on a damaged row. It doesn't name the row,
  /// which may belong to others: the daemon's log does. Trying again doesn't help.
  package func damaged(_ row: DamagedRow) -> Status {
    Status(
      .internalError, "the ledger is damaged where the answer is: the daemon's log says where",
      reason: "LEDGER_DAMAGED")
  }
}

/// An answer that says at which revision it was computed, and of which epoch that is. All of the
/// package `postern.v1` are.
package protocol StampedAnswer: ~Escapable {
  func setRevision(_ value: UInt64)
  func setLedgerEpoch(_ value: UInt64)
}

extension StampedAnswer where Self: ~Escapable {
  /// Sets both: the one place where answers do.
  func stamp<State: LedgerState & ~Copyable>(_ revision: UInt64, _ state: borrowing State) {
    setRevision(revision)
    setLedgerEpoch(state.ledgerEpoch)
  }
}

extension Snapshot {
  /// Refuses to answer from before a revision that the caller has seen, or from another history
  /// than the one it has seen it in; zero is any.
  package func require(atLeast wanted: UInt64, of epoch: UInt64) throws(Status) {
    guard epoch == 0 || epoch == ledgerEpoch else {
      throw Status(
        .failedPrecondition,
        "the ledger is of epoch \(ledgerEpoch), not \(epoch): it was restored; read again what you "
          + "keep of it",
        reason: "LEDGER_EPOCH",
        metadata: [("ledger_epoch", "\(ledgerEpoch)"), ("requested_epoch", "\(epoch)")])
    }
    guard wanted > revision else { return }
    var refusal = notReached(wanted)
    refusal.awaitedRevision = wanted
    throw refusal
  }

  /// This host doesn't have the revision.
  func notReached(_ wanted: UInt64) -> Status {
    Status(
      .unavailable, "this daemon is at revision \(revision) and has not reached \(wanted)",
      reason: "REVISION_NOT_REACHED", metadata: [("revision", "\(revision)")],
      retryDelayMilliseconds: 50)
  }
}

extension PosternServices {
  /// Decodes a request into the call's arena.
  @_lifetime(borrow arena)
  func decode<Request: MessageView & ~Escapable>(
    _ payload: Span<UInt8>, _ arena: borrowing Arena
  ) throws(Status) -> Request {
    do { return try Request(decoding: payload, in: arena) } catch { throw malformed(error) }
  }

  /// Unpacks a request, which has been checked, into the call's arena.
  @_lifetime(borrow arena)
  func unpack<Request: MessageView & ~Escapable>(
    _ payload: CheckedMessage, _ arena: borrowing Arena
  ) throws(Status) -> Request {
    do { return try Request(unpacking: payload, in: arena) } catch { throw malformed(error) }
  }

  /// Checks an encoded request for another thread, which then unpacks it.
  static func check<Request: MessageView & ~Escapable>(
    _ payload: Span<UInt8>, as type: Request.Type, limits: DecodeLimits
  ) throws(Status) -> CheckedMessage {
    do {
      return try CheckedMessage(checking: payload, as: type, limits)
    } catch {
      throw malformed(error)
    }
  }
}

private func malformed(_ error: DecodingError) -> Status {
  let metadata = error.field.map { [(key: "field", value: $0)] } ?? []
  return Status(.invalidArgument, error.problem, reason: "MALFORMED_REQUEST", metadata: metadata)
}
