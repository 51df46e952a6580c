internal import Ledger
internal import Platform

extension Actor {
  /// The daemon, where it changes something by itself.
  static var daemon: Actor {
    Actor(
      organizationID: [], userID: [], tokenID: nil, processUserID: ProcessControl.userID,
      processGroupID: ProcessControl.groupID, processID: ProcessControl.processID)
  }
}
