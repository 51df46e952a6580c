package import Fleet

/// A member, as a repair of the log sees it.
package struct SeenVoice: Sendable {
  package let voice: MemberVoice
  /// When this host saw a sign of it, or first heard that it is there.
  package let seenNanoseconds: Int64
}

extension FleetKnowledge {
  /// All members, this host's own among them: each by its report if it can't renew, else by its
  /// row.
  package var voices: [SeenVoice] {
    func isHeard(_ moved: Int64?) -> Bool {
      guard let trouble = troubleNanoseconds else { return true }
      return moved.map { $0 > trouble } ?? false
    }
    let reporting = Set(reports.map(\.report.instance))
    let silent = members.filter { !reporting.contains($0.row.instance) }.map { member in
      SeenVoice(
        voice: MemberVoice(
          instance: member.row.instance, host: member.row.host, term: member.row.term,
          head: member.row.applied, trouble: nil, isHeard: isHeard(member.movedNanoseconds)),
        seenNanoseconds: member.renewedNanoseconds)
    }
    let reported = reports.map { seen in
      SeenVoice(
        voice: MemberVoice(
          instance: seen.report.instance, host: seen.report.host, term: seen.report.term,
          head: seen.report.head, trouble: seen.report.trouble,
          isHeard: isHeard(seen.movedNanoseconds)),
        seenNanoseconds: seen.seenNanoseconds)
    }
    return (silent + reported).sorted { left, right in
      (left.voice.host, left.voice.instance.description)
        < (right.voice.host, right.voice.instance.description)
    }
  }

  /// A member that certainly does not run any more, by its row or its report; nil where it may.
  package func goneMember(_ instance: InstanceID, atNanoseconds now: Int64) -> MemberRow?? {
    guard let fleet else { return nil }
    let over = Lease.surelyOverNanoseconds(fleet.leaseNanoseconds)
    let report = reports.first { $0.report.instance == instance }
    if let report, now - report.seenNanoseconds < over { return nil }
    guard let member = members.first(where: { $0.row.instance == instance }) else {
      return report == nil ? nil : .some(nil)
    }
    return mayAnswer(member, atNanoseconds: now) ? nil : .some(member.row)
  }
}
