/// Rules of a member that look as if one could do without. Tests switch one off and show what
/// breaks; nothing else ever does.
package struct MemberRules: Sendable {
  /// A lease counts from before the request was sent, not from its answer.
  package var countsLeaseFromSend = true
  /// A full page renews nothing: there may be more behind it.
  package var renewsByWholeAnswers = true
  /// Only a committed renewal renews: a select may be answered from the past.
  package var renewsByCommit = true
  /// The lease is told after the rows of its answer are applied.
  package var appliesBeforeLease = true
  /// A renewal counts only if it was sent after the own row was known to be in.
  package var joinsBeforeServing = true
  /// A log that does not have the own end, or has another, renews and gives nothing.
  package var checksEnd = true
  /// A fleet whose format is too new renews and gives nothing.
  package var checksFormat = true
  /// What decisions that append nothing rest on is confirmed by a renewal sent after them.
  package var confirmsEmpty = true
  /// A select is not enough to confirm it.
  package var confirmsEmptyByCommit = true
  /// A row in doubt is frozen until the row behind the head is seen.
  package var freezesDoubt = true
  /// A row in doubt that is seen is confirmed by a renewal: it may have been seen before it is
  /// safe.
  package var confirmsDoubt = true
  /// The own row is applied after its insert is known.
  package var insertsBeforeApplying = true
  /// A member that was not first queues up for the turn, and decides nothing before.
  package var takesTurns = true
  /// A wait counts only what members reported in the term of the row.
  package var waitsInTerm = true
  /// A wait looks only at members that were read after it began.
  package var readsMembersAfter = true
  /// Another's lease is over only after a time by which a clock that is slewed can't be too early.
  package var allowsForSlew = true
  /// Each attempt to join begins at a `seq` of its own.
  package var joinsWithNewSeq = true

  package init() {}
}
