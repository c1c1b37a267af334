import type { Scenario } from './scenario';
import { lifeScenarios } from './scenarios-of-life';
import { mailScenarios } from './scenarios-of-mail';

export const scenarios: readonly Scenario[] = [...mailScenarios, ...lifeScenarios];

export function scenarioNamed(name: string): Scenario {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`There is no scenario "${name}".`);
  return scenario;
}
