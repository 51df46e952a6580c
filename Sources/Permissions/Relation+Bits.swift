extension Relation {
  /// The relation of a bit that is the same in every rule; nil for a role or a team.
  static func fixed(at bit: Int) -> Relation? {
    switch bit {
    case 0: .operatorPeer
    case 1: .issuerPeer
    case 2: .ingestScope
    case 3: .apiScope
    case 4: .rumScope
    case 5: .oneself
    case 6: .member
    case 7: .administrator
    case 8: .creator
    case Relations.writerBit: .writer
    default: nil
    }
  }
}
