using Penstock.Connections;

namespace Penstock.Loop;

/// <summary>What users keep for one loop, disposed when it ends. Any thread may add to it.</summary>
internal sealed class LoopPossessions
{
    private readonly ConnectionLoop _loop;
    private readonly Lock _gate = new();

    /// <summary>Null once the loop has ended.</summary>
    private List<IDisposable>? _items = [];

    public LoopPossessions(ConnectionLoop loop) => _loop = loop;

    /// <summary>Keeps <paramref name="item"/> for the end; after it, disposes it at once.</summary>
    public void Add(IDisposable item)
    {
        lock (_gate)
        {
            if (_items is not null)
            {
                _items.Add(item);
                return;
            }
        }

        Dispose(item);
    }

    /// <summary>The loop has ended: disposes everything, on its thread.</summary>
    public void DisposeAll()
    {
        List<IDisposable> items;
        lock (_gate)
        {
            items = _items ?? [];
            _items = null;
        }

        items.ForEach(Dispose);
    }

    /// <summary>It is the users' code, and must not keep the rest from being disposed.</summary>
    private void Dispose(IDisposable item) =>
        GuardedCallback.Run(_loop, "the disposal of what it kept", item.Dispose);
}
