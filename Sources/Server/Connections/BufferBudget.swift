/// The memory that the connections of one worker hold for their peers, all together: requests that
/// are not complete, and answers that are not read. Past the limit a connection has to be closed.
///
/// That is the largest connection of the user whose connections hold the most, so that no user can
/// push out others by opening many. Connections that hold little are not counted, which makes the
/// count free for nearly every call; their number bounds what they hold.
package struct BufferBudget {
  /// The unit of counting, in bytes: what a connection holds is rounded down to it.
  package static let grainBytes = 16 << 10

  private struct Holder {
    let user: UInt32
    var bytes: Int
  }

  private let limit: Int
  private var holders: [UInt64: Holder] = [:]
  /// The bytes of all holders.
  package private(set) var total = 0

  package init(limit: Int) { self.limit = limit }

  /// Notes how much a connection holds now.
  package mutating func setBytes(_ bytes: Int, of connection: UInt64, user: UInt32) {
    total += bytes - (holders[connection]?.bytes ?? 0)
    holders[connection] = bytes > 0 ? Holder(user: user, bytes: bytes) : nil
  }

  /// The connection to close; nil while the total is within the limit.
  package var victim: UInt64? {
    guard total > limit else { return nil }
    var users: [UInt32: Int] = [:]
    for holder in holders.values { users[holder.user, default: 0] += holder.bytes }
    let user = users.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
    return holders.filter { $0.value.user == user }
      .max { ($0.value.bytes, $0.key) < ($1.value.bytes, $1.key) }?.key
  }
}
