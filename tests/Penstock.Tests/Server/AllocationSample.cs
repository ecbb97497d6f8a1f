namespace Penstock.Tests.Server;

/// <summary>
/// What the first loop of a group allocates between two moments. The posts that ask are made ahead and the answer is
/// left in a field, so that asking allocates nothing on the loop.
/// </summary>
internal sealed class AllocationSample : IDisposable
{
    private readonly LoopGroup _group;
    private readonly Action _read;
    private readonly ManualResetEventSlim _answered = new();
    private readonly long _before;
    private long _value;

    public AllocationSample(LoopGroup group)
    {
        _group = group;
        _read = () =>
        {
            _value = GC.GetAllocatedBytesForCurrentThread();
            _answered.Set();
        };
        Read();
        _before = Read();
    }

    /// <summary>Bytes allocated on the loop since this was made.</summary>
    public long Take() => Read() - _before;

    public void Dispose() => _answered.Dispose();

    private long Read()
    {
        _answered.Reset();
        Assert.True(_group[0].Post(_read));
        Assert.True(_answered.Wait(Patience.Limit));
        return _value;
    }
}
