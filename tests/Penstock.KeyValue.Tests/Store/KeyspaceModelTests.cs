using System.Text;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Tests.Store;

public sealed class KeyspaceModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_changes_leave_what_a_dictionary_would_hold(int seed)
    {
        using var keyspace = new Keyspace(users: 2);
        var access = new KeyspaceAccess(keyspace, journal: null) { Now = 1_000 };
        var model = new Dictionary<string, (string Value, long ExpiresAt)>();
        var random = new Random(seed);
        using (keyspace.Lock(Keyspace.AllShards))
        {
            for (int step = 0; step < 60_000; step++)
            {
                string name = $"key:{random.Next(4_000)}";
                Change(access, model, random, name);
                if (step % 1_000 == 0)
                    Expire(access, model, access.Now + 5);
            }

            foreach ((string name, (string value, long _)) in model)
                Assert.Equal(value, Encoding.ASCII.GetString(access.Find(Key(keyspace, name)).Value));
        }

        Assert.Equal(model.Count, keyspace.Shards.Sum(shard => CountAlive(shard, access.Now)));
    }

    [Fact]
    public void Memory_goes_back_to_where_it_was()
    {
        using var keyspace = new Keyspace(users: 1);
        var access = new KeyspaceAccess(keyspace, journal: null);
        long empty = keyspace.MemoryBytes;
        using (keyspace.Lock(Keyspace.AllShards))
        {
            access.Set(Key(keyspace, "big"), new byte[1_000_000]);
            Assert.InRange(keyspace.MemoryBytes, empty + 1_000_000, empty + 1_001_000);
            access.Set(Key(keyspace, "big"), new byte[10]);
            Assert.InRange(keyspace.MemoryBytes, empty, empty + 1_000);
            access.Remove(Key(keyspace, "big"));
        }

        Assert.Equal(empty, keyspace.MemoryBytes);
    }

    private static void Change(
        KeyspaceAccess access, Dictionary<string, (string Value, long ExpiresAt)> model, Random random, string name)
    {
        StoreKey key = Key(access.Keyspace, name);
        bool known = model.TryGetValue(name, out (string Value, long ExpiresAt) old);
        switch (random.Next(5))
        {
            case 0:
                Assert.Equal(model.Remove(name), access.Remove(key));
                break;
            case 1:
                string tail = new('t', random.Next(1, 50));
                access.Write(key, known ? old.Value.Length : 0, Encoding.ASCII.GetBytes(tail));
                model[name] = ((known ? old.Value : "") + tail, known ? old.ExpiresAt : 0);
                break;
            case 2 when known:
                access.SetExpiry(key, access.Now + 20);
                model[name] = (old.Value, access.Now + 20);
                break;
            default:
                string value = new((char)random.Next('a', 'z'), random.Next(200));
                access.Set(key, Encoding.ASCII.GetBytes(value));
                model[name] = (value, 0);
                break;
        }
    }

    private static int CountAlive(Shard shard, long now) =>
        Enumerable.Range(0, shard.Count).Count(i => !shard[i].IsExpired(now));

    private static void Expire(
        KeyspaceAccess access, Dictionary<string, (string Value, long ExpiresAt)> model, long now)
    {
        access.Now = now;
        string[] expired =
        [
            .. from entry in model
               where entry.Value.ExpiresAt != 0 && entry.Value.ExpiresAt <= now
               select entry.Key,
        ];
        foreach (string name in expired)
            model.Remove(name);
    }

    private static StoreKey Key(Keyspace keyspace, string name) => keyspace.KeyOf(Encoding.ASCII.GetBytes(name));
}
