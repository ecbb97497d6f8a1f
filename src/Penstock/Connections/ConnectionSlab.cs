using System.Diagnostics;
using Penstock.Drivers;

namespace Penstock.Connections;

/// <summary>
/// The connections of one loop by slot. A slot's object is made on its first use and reused afterwards, under a new
/// generation each time; the slot freed last is taken first, because its memory is still in the cache. Loop thread
/// only.
/// </summary>
/// <param name="loop">Whose connections these are.</param>
/// <param name="capacity">Connections at once; the tables grow up to it.</param>
/// <param name="firstSlot">The number of the first slot.</param>
internal sealed class ConnectionSlab(ConnectionLoop loop, int capacity, int firstSlot = 0)
{
    private const int SmallestTable = 64;

    private Connection?[] _connections = [];
    private uint[] _generations = [];
    private readonly Stack<int> _free = new();
    private volatile int _used;

    public int Capacity => capacity;

    /// <summary>Connections now in use.</summary>
    public int Count { get; private set; }

    public bool IsFull => Count == capacity;

    /// <summary>The connection in a slot that is in use.</summary>
    public Connection this[int slot] => _connections[slot - firstSlot]!;

    /// <summary>Takes a slot, or returns null when all are in use.</summary>
    public Connection? TryRent()
    {
        if (!_free.TryPop(out int index))
        {
            if (_used == capacity)
                return null;
            index = TakeUnused();
        }

        Count++;
        Connection connection = _connections[index] ??= new Connection(loop);
        connection.Assign(new SlotKey(firstSlot + index, ++_generations[index]));
        return connection;
    }

    /// <summary>The connection that <paramref name="key"/> names, if it is still the one in its slot.</summary>
    public bool TryGet(SlotKey key, out Connection connection)
    {
        connection = null!;
        int index = key.Index - firstSlot;
        if ((uint)index >= (uint)_used || _generations[index] != key.Generation)
            return false;
        connection = _connections[index]!;
        return connection.State != ConnectionState.Closed;
    }

    /// <summary>Gives a slot back. Its key is stale from here on.</summary>
    public void Return(Connection connection)
    {
        SlotKey key = connection.Key;
        int index = key.Index - firstSlot;
        if (_generations[index] != key.Generation || !ReferenceEquals(_connections[index], connection))
            throw new InvalidOperationException($"Slot {key} was returned twice.");
        Debug.Assert(connection.State == ConnectionState.Closed, "a slot is reused only after its last completion");

        _generations[index]++;
        _free.Push(index);
        Count--;
    }

    /// <summary>
    /// What waits to be sent now. Any thread, while the loop goes on: every figure is one that its connection had, but
    /// not all of one moment. Counted when somebody asks, so that writing and sending cost nothing more.
    /// </summary>
    public SendBacklog ReadBacklog()
    {
        long bytes = 0, largest = 0;
        for (int i = 0; i < _used; i++)
        {
            long waiting = _connections[i]?.UnsentBytes ?? 0;
            bytes += waiting;
            largest = Math.Max(largest, waiting);
        }

        return new SendBacklog(bytes, largest);
    }

    /// <summary>The first slot that was never used. The tables grow before other threads are told of it.</summary>
    private int TakeUnused()
    {
        int index = _used;
        if (index == _connections.Length)
        {
            int size = Math.Min(capacity, Math.Max(SmallestTable, index * 2));
            Array.Resize(ref _connections, size);
            Array.Resize(ref _generations, size);
        }

        _used = index + 1;
        return index;
    }

    /// <summary>Lists the connections in use; the slab must not change meanwhile.</summary>
    public void CopyTo(List<Connection> target)
    {
        for (int i = 0; i < _used; i++)
        {
            if (_connections[i] is { State: not ConnectionState.Closed } connection)
                target.Add(connection);
        }
    }
}
