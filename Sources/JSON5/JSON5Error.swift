/// Why a text can't be read, and where.
package struct JSON5Error: Error, Sendable, Hashable {
  package let place: JSON5Place
  package let problem: String

  package init(_ place: JSON5Place, _ problem: String) {
    self.place = place
    self.problem = problem
  }
}
