internal import Ledger
internal import Platform

/// What a daemon holds before it opens the ledger: the lock of its data, the lock beside its
/// socket, and the sockets of the daemon that it replaces.
struct StartLocks: ~Copyable {
  let taken: [TakenSocket]
  private let dataLock: LockFile
  /// Removing the file of the other lock doesn't let another writer in.
  private let folderLock: LockFile
  private let socketLock: LockFile?

  /// Takes the locks at once, or, after a take-over, as soon as the daemon before has ended.
  init(
    _ configuration: Configuration, inherited: [InheritedSocket], takeOver: TakeOver?
  ) throws {
    let deadline = takeOver?.deadlineNanoseconds() ?? 0
    try takeOver?.waitForEnd(deadlineNanoseconds: deadline)
    let taken = takeOver?.sockets ?? []
    let dataLock = try LockFile(
      path: configuration.dataFolder + "/" + Restoration.lockName, deadlineNanoseconds: deadline)
    let folderLock = try LockFile(
      folder: configuration.dataFolder, deadlineNanoseconds: deadline)
    socketLock = try ServedSockets.lock(
      inherited: inherited, taken: taken, configuration, deadlineNanoseconds: deadline)
    self.dataLock = dataLock
    self.folderLock = folderLock
    self.taken = taken
  }

  /// Keeps the locks until the process has ended: until then the ledger may be open.
  consuming func holdUntilExit() {
    dataLock.holdUntilExit()
    folderLock.holdUntilExit()
    socketLock?.holdUntilExit()
  }
}
