using System.Globalization;
using System.Reflection;

namespace HookAot.Mutate;

/// <summary>A test with its arguments, run without TUnit's engine, whose start takes longer than all of them.</summary>
/// <param name="Type">The full name of its class.</param>
/// <param name="Method">Its method.</param>
/// <param name="Number">Which of the method's cases it is, from 0.</param>
internal sealed record TestCase(string Type, string Method, int Number)
{
    /// <summary>The tests of an assembly.</summary>
    /// <param name="tests">The assembly.</param>
    /// <param name="rooms">The namespaces whose tests are taken.</param>
    public static IEnumerable<TestCase> In(Assembly tests, IReadOnlyList<string> rooms)
    {
        foreach (var type in tests.GetTypes().Where(t => IsTaken(t, rooms)))
        {
            foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance))
            {
                if (!Has(method, "TestAttribute") || Has(method, "CategoryAttribute")) continue;
                for (var i = 0; i < Cases(method).Count; i++) yield return new(type.FullName!, method.Name, i);
            }
        }
    }

    /// <summary>Runs it.</summary>
    /// <returns>What is wrong; null: nothing.</returns>
    public async Task<string?> Run(Assembly tests)
    {
        object? instance = null;
        try
        {
            var type = tests.GetType(Type, throwOnError: true)!;
            var method = type.GetMethod(Method)!;
            instance = Activator.CreateInstance(type, nonPublic: true);
            var result = method.Invoke(instance, Arguments(method, Cases(method)[Number]));
            if (result is Task task) await task.ConfigureAwait(false);
            return null;
        }
#pragma warning disable CA1031 // whatever a test throws, it has failed
        catch (Exception e)
#pragma warning restore CA1031
        {
            var cause = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
            return $"{cause.GetType().Name}: {cause.Message}";
        }
        finally
        {
            (instance as IDisposable)?.Dispose();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Type["HookAot.Tests.".Length..]}.{Method}[{Number}]";

    private static bool IsTaken(Type type, IReadOnlyList<string> rooms) =>
        rooms.Any(room => type.Namespace == $"HookAot.Tests.{room}") && !Has(type, "CategoryAttribute");

    private static bool Has(MemberInfo member, string attribute) =>
        member.GetCustomAttributesData().Any(a => a.AttributeType.Name == attribute);

    private static List<object?[]> Cases(MethodInfo method)
    {
        var cases = new List<object?[]>();
        foreach (var attribute in method.GetCustomAttributes())
        {
            var type = attribute.GetType();
            if (type.Name == "ArgumentsAttribute")
                cases.Add((object?[])type.GetProperty("Values")!.GetValue(attribute)!);
            if (!type.Name.StartsWith("MethodDataSource", StringComparison.Ordinal)) continue;
            var source = (string)type.GetProperty("MethodNameProvidingDataSource")!.GetValue(attribute)!;
            var items = method.DeclaringType!.GetMethod(source)!.Invoke(null, null)!;
            foreach (var item in (System.Collections.IEnumerable)items) cases.Add([item]);
        }

        if (cases.Count == 0 && method.GetParameters().Length == 0) cases.Add([]);
        return cases;
    }

    private static object?[] Arguments(MethodInfo method, object?[] values)
    {
        var parameters = method.GetParameters();
        var arguments = new object?[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var type = Nullable.GetUnderlyingType(parameters[i].ParameterType) ?? parameters[i].ParameterType;
            var value = i < values.Length ? values[i] : parameters[i].DefaultValue;
            arguments[i] = value is null || type.IsInstanceOfType(value) || type.IsEnum
                ? value
                : Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
        }

        return arguments;
    }
}
