using System.Globalization;
using System.Text;
using Penstock.KeyValue;
using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Store;

namespace Penstock.Simulation.Tests.Scenarios.Log;

/// <summary>
/// All clients of a database: their transactions go through the store as those of a loop do, and through the model.
/// </summary>
internal sealed class LogClient
{
    private const int Keys = 8;

    private readonly SeededGenerator _chance;
    private readonly WallClock _clock;
    private readonly LogModel _model;
    private readonly KeyValueDatabase _database;
    private readonly LogRecordBuilder _journal = new();
    private readonly KeyspaceAccess _access;

    public LogClient(SeededGenerator chance, WallClock clock, LogModel model, KeyValueDatabase database)
    {
        _chance = chance;
        _clock = clock;
        _model = model;
        _database = database;
        _access = new KeyspaceAccess(database.Keyspace, _journal);
    }

    /// <summary>
    /// Does some commands as one transaction; returns the bytes of its record, or 0 when nothing has changed.
    /// </summary>
    public int Transact(bool mayWrite)
    {
        using (ShardLock locks = _database.Keyspace.Lock(Keyspace.AllShards))
        {
            _access.Now = _clock.UnixTime;
            for (int i = _chance.Pick(1, 1, 2, 5); i > 0; i--)
                Command(_chance.Below(mayWrite ? 10 : 2));
            int bytes = _journal.Payload.Length;
            if (bytes == 0)
                return 0;
            _model.Commit(_clock);
            _database.Log!.Append(_journal);
            return bytes;
        }
    }

    private void Command(int kind)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"k{_chance.Below(Keys)}");
        StoreKey key = _database.Keyspace.KeyOf(Encoding.UTF8.GetBytes(name));
        bool exists = _access.Exists(key);
        if (_model.Current.TryGetValue(name, out StoredValue? value) && value.IsExpired(_access.Now))
        {
            _model.Current.Remove(name);
            value = null;
        }

        InvariantException.Require(exists == value is not null, $"the store and the model disagree about {name}");
        switch (kind)
        {
            case 0 or 1:
                break;
            case 2 when _chance.Chance(0.1):
                _access.Clear();
                _model.Current.Clear();
                break;
            case 3 when exists:
                _access.Remove(key);
                _model.Current.Remove(name);
                break;
            case 4 when exists:
                SetExpiry(key, name, value!);
                break;
            case 5 or 6 when exists:
                Write(key, name, value!);
                break;
            default:
                Set(key, name);
                break;
        }
    }

    private void Set(StoreKey key, string name)
    {
        byte[] bytes = Draw();
        long expiresAt = _chance.Chance(0.3) ? _access.Now + _chance.Spread(1, 20_000) : 0;
        _access.Set(key, bytes, expiresAt);
        _model.Set(name, bytes, expiresAt);
    }

    private void Write(StoreKey key, string name, StoredValue value)
    {
        byte[] bytes = Draw();
        int offset = _chance.Chance(0.7) ? value.Bytes.Length : _chance.Between(0, value.Bytes.Length + 10);
        byte[] result = new byte[Math.Max(value.Bytes.Length, offset + bytes.Length)];
        value.Bytes.CopyTo(result, 0);
        bytes.CopyTo(result, offset);
        _access.Write(key, offset, bytes);
        _model.Set(name, result, value.ExpiresAt);
    }

    private void SetExpiry(StoreKey key, string name, StoredValue value)
    {
        long expiresAt = _chance.Chance(0.3) ? 0 : _access.Now + _chance.Spread(1, 20_000);
        _access.SetExpiry(key, expiresAt);
        _model.Set(name, value.Bytes, expiresAt);
    }

    private byte[] Draw()
    {
        byte[] bytes = new byte[_chance.Chance(0.9) ? _chance.Spread(1, 300) : _chance.Spread(300, 10_000)];
        _chance.Fill(bytes);
        return bytes;
    }
}
