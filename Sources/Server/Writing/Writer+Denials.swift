internal import EventLoop
internal import Ledger
internal import Platform
internal import Services

extension Writer {
  /// Counts what the batch that was committed has denied, to be written down within a minute.
  func countDenied() {
    guard !denied.isEmpty else { return }
    for attempt in denied { denials.add(attempt.key, atNanoseconds: attempt.nanoseconds) }
    denied.removeAll()
    recordingTimer.schedule(afterNanoseconds: Self.recordingNanoseconds)
  }

  /// Counts what a worker has denied.
  func count(_ table: DenialTable) {
    denials.add(table)
    recordingTimer.schedule(afterNanoseconds: Self.recordingNanoseconds)
  }

  /// Writes down the denied attempts, in a transaction of their own.
  func recordDenials() {
    guard !denials.isEmpty else { return }
    do {
      var draft = try ledger.makeDraft(
        at: clock.read(), identifiers: identifiers)
      // Room is for changes first.
      guard draft.room.hasMuch else { return }
      draft.beginCommand()
      denials.append(to: &draft, by: Actor.daemon)
      identifiers = try draft.commit()
      denials.removeAll()
      tellFollowers()
    } catch {
      condition.failed(error)
    }
  }
}
