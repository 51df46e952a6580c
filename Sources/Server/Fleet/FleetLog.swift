internal import Fleet
internal import Services

/// Says in the log what a member does: one line for each change, and none in between.
struct FleetLog {
  private let log: Log

  init(_ log: Log) { self.log = log }

  func tell(_ condition: MemberCondition) {
    switch condition {
    case .joining: log.info("joining the fleet", [])
    case .catchingUp(let count):
      log.info("catching up with the fleet", [("revisions", "\(count)")])
    case .following: log.info("following the fleet", [])
    case .impaired(let problem):
      log.warning(
        "the fleet is impaired: answers go on until the lease is over",
        [("reason", problem.reason), ("problem", problem.detail)])
    }
  }

  func tellSkew(_ ahead: Int64?) {
    guard let ahead else {
      return log.info("the clock of this host agrees with the fleet's database again", [])
    }
    log.warning(
      "the clock of this host is off: only changes that take rights away are made",
      [("ahead_of_database_seconds", "\(ahead / 1_000_000_000)")])
  }

  func tellToStartAgain(_ fleet: FleetRow) {
    log.warning(
      "ending, to be started again as a member: the fleet has been begun",
      [("fleet", "\(fleet.id)")])
  }
}
