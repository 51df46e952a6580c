/// A set of relations.
package struct Relations: OptionSet, Sendable, Hashable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The set of one relation.
  package init(_ relation: Relation) { rawValue = 1 << UInt16(relation.rawValue) }

  package static let operatorPeer = Relations(.operatorPeer)
  package static let issuerPeer = Relations(.issuerPeer)
  package static let ingestScope = Relations(.ingestScope)
  package static let oneself = Relations(.oneself)
  package static let member = Relations(.member)
  package static let administrator = Relations(.administrator)
  package static let writer = Relations(.writer)

  /// The cheapest relation of the set to ask for; nil when it is empty.
  package var first: Relation? {
    rawValue == 0
      ? nil : Relation(rawValue: UInt8(truncatingIfNeeded: rawValue.trailingZeroBitCount))
  }

  /// The names, cheapest relation first, joined by commas; empty for the empty set.
  package var names: String {
    Relation.allCases.filter { contains(Relations($0)) }.map(\.name).joined(separator: ", ")
  }
}
