namespace Penstock.Http.Serving;

/// <summary>
/// What one loop has served. Plain fields that only the loop writes; other threads may see them a moment late.
/// </summary>
internal sealed class HttpCounters
{
    private readonly long[] _responses = new long[6];

    public long Requests;
    public long Rejected;
    public long BodyBytes;

    public void Count(int status) => _responses[status / 100]++;

    public long Responses(int statusClass) => Volatile.Read(ref _responses[statusClass]);
}
