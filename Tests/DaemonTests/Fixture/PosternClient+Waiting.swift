internal import Glibc
internal import PosternClient
internal import TestSupport

/// Waits until something holds that has to, and says so where it does not in time.
func wait(for what: String, _ holds: () throws -> Bool) throws {
  let stepMicroseconds: UInt32 = 2000
  let steps = ChildProcess.patienceMilliseconds * 1000 / Int32(stepMicroseconds)
  for _ in 0..<steps {
    if try holds() { return }
    usleep(stepMicroseconds)
  }
  throw FixtureError("\(what): not within \(ChildProcess.patienceMilliseconds) ms")
}

extension PosternClient {
  /// Waits until connections that were closed are gone, but for so many.
  func waitForConnections(atMost most: UInt32) throws {
    try wait(for: "at most \(most) connections") { try connectionCount() <= most }
  }

  /// Waits until there are so many connections.
  func waitForConnections(atLeast least: UInt32) throws {
    try wait(for: "\(least) connections") { try connectionCount() >= least }
  }
}
