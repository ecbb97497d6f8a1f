namespace Penstock.KeyValue.Commands;

/// <summary>The error replies of one loop, by their code. Its loop adds; any thread reads.</summary>
internal sealed class ErrorCounters
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _byCode = [];
    private long _total;

    /// <summary>Error replies, of every code.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <param name="text">The error; its first word is the code.</param>
    public void Add(ReadOnlySpan<char> text)
    {
        int end = text.IndexOf(' ');
        ReadOnlySpan<char> code = end < 0 ? text : text[..end];
        lock (_gate)
        {
            Volatile.Write(ref _total, _total + 1);
            Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> byCode =
                _byCode.GetAlternateLookup<ReadOnlySpan<char>>();
            byCode[code] = byCode.TryGetValue(code, out long count) ? count + 1 : 1;
        }
    }

    public void AddTo(IDictionary<string, long> sums)
    {
        lock (_gate)
        {
            foreach ((string code, long count) in _byCode)
                sums[code] = sums.TryGetValue(code, out long sum) ? sum + count : count;
        }
    }

    public void Reset()
    {
        lock (_gate)
        {
            _byCode.Clear();
            Volatile.Write(ref _total, 0);
        }
    }
}
