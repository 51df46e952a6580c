/// The queries of each user that take one worker more than a turn. Of the long ones of a user only
/// the first runs; the others wait in the order in which they came.
final class QueryLines {
  /// A call of a connection.
  struct Place: Equatable {
    let connection: UInt64
    let stream: UInt32
  }

  private struct Line {
    /// All queries, also those that wait for a revision and do not stand in line.
    var count = 0
    var places: [Place] = []
  }

  private var lines: [UInt32: Line] = [:]

  /// Whether a long query of the user runs.
  func isRunning(of user: UInt32) -> Bool { lines[user]?.places.isEmpty == false }

  /// How many queries of the user there are.
  func count(of user: UInt32) -> Int { lines[user]?.count ?? 0 }

  /// Adds a query, at the end of the line if it is a long one.
  func join(_ place: Place, of user: UInt32, isLong: Bool) {
    lines[user, default: Line()].count += 1
    if isLong { lines[user]?.places.append(place) }
  }

  /// Whether it is the turn of a long query.
  func isFirst(_ place: Place, of user: UInt32) -> Bool { lines[user]?.places.first == place }

  /// Takes out a query that has ended. Returns the one whose turn it is now, if that has changed.
  func leave(_ place: Place, of user: UInt32) -> Place? {
    guard var line = lines.removeValue(forKey: user) else { return nil }
    line.count -= 1
    let wasFirst = line.places.first == place
    line.places.removeAll { $0 == place }
    if line.count > 0 { lines[user] = line }
    return wasFirst ? line.places.first : nil
  }
}
