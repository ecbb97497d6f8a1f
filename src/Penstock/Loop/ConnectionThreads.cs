namespace Penstock.Loop;

/// <summary>
/// The threads of the thread-per-connection model, each with a loop of its own that serves one connection at a time. A
/// thread is started when a connection finds all others taken, up to a limit, and outlives its connection to serve the
/// next one: starting it again would cost more than most connections do.
/// </summary>
/// <remarks>Any thread. A loop that was claimed belongs to its claimant until it is vacated.</remarks>
internal sealed class ConnectionThreads(Func<EventLoop?> start, int maximum)
{
    /// <summary>
    /// Handlers run on the engine's shallow stack, and a thousand of the usual megabytes would be a gigabyte of address
    /// space.
    /// </summary>
    public const int StackBytes = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Stack<EventLoop> _idle = new();
    private Action? _roomAwaited;
    private int _started;
    private bool _isAwaited;

    /// <summary>
    /// The system refused the last thread; no other is asked for before one of those there are is
    /// vacated.
    /// </summary>
    private bool _isExhausted;

    public int Maximum => maximum;

    /// <summary>Takes a loop for one connection, or returns null when there is none left.</summary>
    public EventLoop? TryClaim()
    {
        lock (_gate)
        {
            while (_idle.TryPop(out EventLoop? idle))
            {
                if (!idle.HasEnded)
                    return idle;

                // It broke, and came back with the end of its connection. Another may be started in its place.
                _started--;
            }

            EventLoop? loop = CanStart ? TryStart() : null;
            _isAwaited |= loop is null;
            return loop;
        }
    }

    /// <summary>Whether <see cref="TryClaim"/> would succeed; asked in vain, it is told when that changes.</summary>
    public bool HasRoomOrAwait()
    {
        lock (_gate)
        {
            bool hasRoom = _idle.Count > 0 || CanStart;
            _isAwaited |= !hasRoom;
            return hasRoom;
        }
    }

    /// <summary>Has <paramref name="callback"/> called, on the vacated loop, after somebody asked in vain.</summary>
    public void Subscribe(Action callback)
    {
        lock (_gate)
            _roomAwaited += callback;
    }

    public void Unsubscribe(Action callback)
    {
        lock (_gate)
            _roomAwaited -= callback;
    }

    /// <summary>A claimed loop that has ended: another may be started in its place.</summary>
    public void Forget()
    {
        lock (_gate)
            _started--;
    }

    private bool CanStart => _started < maximum && !_isExhausted;

    /// <summary>
    /// A system that is out of threads, memory or descriptors is no reason to end a server that has threads; one that
    /// cannot have a single one is broken, and its caller is told.
    /// </summary>
    private EventLoop? TryStart()
    {
        try
        {
            if (start() is not { } loop)
            {
                _isExhausted = true;
                return null;
            }

            loop.Vacated = Vacate;
            _started++;
            return loop;
        }
        catch (Exception exception) when (_started > 0 && exception is OutOfMemoryException or IOException)
        {
            _isExhausted = true;
            return null;
        }
    }

    private void Vacate(EventLoop loop)
    {
        Action? callback;
        lock (_gate)
        {
            _idle.Push(loop);
            _isExhausted = false;
            callback = _isAwaited ? _roomAwaited : null;
            _isAwaited = false;
        }

        callback?.Invoke();
    }
}
