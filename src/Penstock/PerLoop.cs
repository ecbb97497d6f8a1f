namespace Penstock;

/// <summary>
/// One object for each loop of a group, for what the handlers on one loop share: those of several servers, too. It is
/// made when a loop is first asked about, and never given to another loop.
/// </summary>
/// <typeparam name="T">
/// What is kept. When it is <see cref="IDisposable"/> it is disposed when its loop ends, on that loop.
/// </typeparam>
/// <remarks>
/// Any thread may ask. That is all it takes care of: <typeparamref name="T"/> is used on its own loop, or knows itself
/// what other threads may do. With a thread per connection loops are added while a server runs.
/// </remarks>
public sealed class PerLoop<T>
    where T : class
{
    private readonly Func<EventLoopContext, T> _create;
    private readonly Lock _gate = new();

    /// <summary>By the number of the loop. A place is filled once; a longer array replaces this one.</summary>
    private T?[] _items = [];
    private LoopGroup? _group;

    /// <summary>Makes nothing yet.</summary>
    /// <param name="create">
    /// Makes the object of one loop; called once for each, by the first who asks, on that thread. It must not block.
    /// </param>
    public PerLoop(Func<EventLoopContext, T> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        _create = create;
    }

    /// <summary>
    /// The objects that were made so far, of loops that have ended as well, so that what they counted is not lost. What
    /// another thread adds meanwhile may be missing.
    /// </summary>
    public IEnumerable<T> Values => Volatile.Read(ref _items).OfType<T>();

    /// <summary>The objects by the number of their loop; null where none was asked for.</summary>
    internal ReadOnlySpan<T?> Items => Volatile.Read(ref _items);

    /// <summary>The object of <paramref name="loop"/>.</summary>
    /// <exception cref="ArgumentException">The loop is of another group than those before.</exception>
    public T this[EventLoopContext loop]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(loop);
            T?[] items = Volatile.Read(ref _items);
            T? item = loop.Index < items.Length ? Volatile.Read(ref items[loop.Index]) : null;
            return item is not null && ReferenceEquals(loop.Group, _group) ? item : GetOrAdd(loop);
        }
    }

    private T GetOrAdd(EventLoopContext loop)
    {
        lock (_gate)
        {
            _group ??= loop.Group;
            if (!ReferenceEquals(_group, loop.Group))
                throw new ArgumentException("The loop belongs to another group than those before.", nameof(loop));
            if (loop.Index >= _items.Length)
                Grow(loop.Index);
            return _items[loop.Index] ?? Add(loop);
        }
    }

    private T Add(EventLoopContext loop)
    {
        T item = _create(loop);
        Volatile.Write(ref _items[loop.Index], item);
        if (item is IDisposable disposable)
            loop.Loop.DisposeAtEnd(disposable);
        return item;
    }

    private void Grow(int index)
    {
        var items = new T?[Math.Max(index + 1, _items.Length * 2)];
        _items.CopyTo(items, 0);
        Volatile.Write(ref _items, items);
    }
}
