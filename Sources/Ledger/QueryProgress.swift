/// Where a query continues in another step, if the time of this one was over before it was done.
package final class QueryProgress {
  /// The next item, by the query's own count; nil when it is done.
  package var next: Int?

  package init() {}
}
